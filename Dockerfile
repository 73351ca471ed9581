# Not built by its authors: there was no engine where it was written. Each line is what `make setup` and `make app` do.
#
#   docker build -t tuskscope .
#   docker run --network host -v "$PWD/data:/app/data" -v "$PWD/models:/app/models" tuskscope
#
# With the host's network, pages and API listen on 127.0.0.1 of the host, as they do without a container: your photos
# stay yours. Servers for others: deploy/README.md.
FROM python:3.11-slim

# The user of most desktops has the number 1000, so what is written into the two folders belongs to you.
RUN useradd --create-home --uid 1000 tuskscope
WORKDIR /app
RUN chown tuskscope /app

COPY requirements.txt constraints.txt ./
RUN pip install --no-cache-dir --requirement requirements.txt --constraint constraints.txt

COPY --chown=tuskscope . .
USER tuskscope
ENV PYTHONUNBUFFERED=1 TF_CPP_MIN_LOG_LEVEL=3
EXPOSE 8501 8000
CMD ["python", "-m", "core", "app"]
