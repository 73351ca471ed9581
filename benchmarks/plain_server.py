"""A Flask + Keras server as people write it, to compare with: `python -m benchmarks.plain_server MODEL PORT`."""

import io
import sys

import numpy as np
from flask import Flask, jsonify, request
from PIL import Image


def plain_app(model_file: str) -> Flask:
    """Loads a `.keras` file and answers `POST /predict` with `model.predict`."""
    import keras

    model = keras.saving.load_model(model_file, compile=False)
    height, width = model.input_shape[1:3]
    app = Flask(__name__)

    @app.post("/predict")
    def predict():
        image = Image.open(io.BytesIO(request.get_data())).convert("RGB").resize((width, height))
        outputs = model.predict(np.expand_dims(np.asarray(image, np.float32), 0), verbose=0)
        return jsonify(probabilities=np.asarray(outputs["probabilities"])[0].tolist())

    return app


if __name__ == "__main__":
    plain_app(sys.argv[1]).run("127.0.0.1", int(sys.argv[2]), threaded=True)
