"""The vendor's parser (nrfcloud-utils 3.3.1) and ``station token parse`` find the same in the same genuine tokens.

It is run as it is shipped. Where it fails or says something wrong, that is written down here, by the at-commands
reference's sections 1 and 6; and then it is checked that the station does better.
"""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from station.credentials.explain import Explanation, explain_token

pytestmark = [pytest.mark.vendor, pytest.mark.timeout(1200)]  # the first one installs the clients

RECORDED = Path(__file__).parents[2] / "fixtures" / "recorded" / "modem-output.json"
SAMPLES: list[dict[str, Any]] = json.loads(RECORDED.read_text(encoding="utf-8"))
REQUESTS = [one for one in SAMPLES if one["kind"] == "keygen_csr"]
KEYS = [one for one in SAMPLES if one["kind"] == "keygen_pubkey"]
ATTESTATIONS = [one for one in SAMPLES if one["kind"] == "attesttoken"]
CUT = [one for one in SAMPLES if one["kind"] == "keygen_csr_bad"]


def parse(vendor_python: Path, option: str, token: str) -> subprocess.CompletedProcess[str]:
    command = [vendor_python, "-m", "nrfcloud_utils.modem_credentials_parser", option, token, "--plain"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def said(vendor_python: Path, option: str, token: str) -> str:
    done = parse(vendor_python, option, token)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def value(text: str, name: str) -> str:
    found = re.search(rf"{re.escape(name)}\s*:?\s+(\S.*)$", text, re.MULTILINE)
    assert found, f"{name} is not in: {text}"
    return found[1].strip()


def require_same_cose(text: str, found: Explanation) -> None:
    assert value(text, "Dev UUID:") == found.uuid
    assert value(text, "sec_tag:") == str(found.sec_tag)
    assert value(text, "Nonce:") == found.nonce
    assert "(identity_key)" in text
    assert found.signer == "identity key"


@pytest.mark.parametrize("sample", REQUESTS, ids=lambda one: one["text"][60:70])
def test_both_find_the_same_in_a_request(vendor_python: Path, sample: dict[str, Any]) -> None:
    text, found = said(vendor_python, "-k", sample["text"]), explain_token(sample["text"])
    require_same_cose(text, found)
    assert value(text, "SHA256 Digest") == found.body_sha256
    assert found.request is not None
    assert found.request.pem is not None
    assert found.public_key is not None
    # It prints both on one line, with \n spelled out.
    assert found.request.pem.replace("\n", "\\n") in text
    assert found.public_key.replace("\n", "\\n") in text
    same = "COSE digest matches payload" in text
    assert same is not ("COSE digest does NOT match payload" in text)
    assert found.digest_matches is same
    # A digest that does not match is only logged by it, and it ends with 0 (section 6); here it is a reason.
    assert bool(found.wrong) is (not same) is sample["notes"].startswith("NEGATIVE")


def test_one_of_the_requests_does_not_match_for_both() -> None:
    assert [one["notes"][:8] for one in REQUESTS if explain_token(one["text"]).wrong] == ["NEGATIVE"]


@pytest.mark.parametrize("sample", ATTESTATIONS, ids=lambda one: one["text"][20:30])
def test_both_find_the_same_in_an_attestation_token(vendor_python: Path, sample: dict[str, Any]) -> None:
    text, found = said(vendor_python, "-a", sample["text"]), explain_token(sample["text"])
    assert "Device identity message v1" in text
    assert value(text, "Dev UUID:") == found.uuid
    assert value(text, "FW UUID:") == found.firmware_uuid
    assert found.device is not None
    if found.device_type == 3:
        # Its table has the name of type 1 there (sections 1 and 6); sdk-nrf's own names type 3 SICA.
        assert (value(text, "Dev Type:"), found.device) == ("NRF9160 SIAA", "nRF9160 SICA")
    else:
        assert value(text, "Dev Type:") == found.device


@pytest.mark.parametrize("sample", KEYS, ids=lambda one: one["text"][60:70])
def test_a_bare_public_key_is_read_here_and_breaks_the_vendors_parser(
    vendor_python: Path, sample: dict[str, Any]
) -> None:
    # It takes every body for a request; normalising gives None, and encoding that is a TypeError (section 6).
    done = parse(vendor_python, "-k", sample["text"])
    assert done.returncode == 1
    assert "TypeError" in done.stderr
    found = explain_token(sample["text"])
    assert (found.wrong, found.digest_matches) == ((), True)
    assert found.sec_tag == sample["parsed"]["cose"]["sectag"]


@pytest.mark.parametrize("sample", CUT, ids=lambda one: one["text"][60:70])
def test_what_was_cut_is_refused_by_both(vendor_python: Path, sample: dict[str, Any]) -> None:
    done = parse(vendor_python, "-k", sample["text"])
    assert done.returncode == 1
    assert "Traceback" in done.stderr  # here it is a sentence: tests/unit/credentials/test_explained_tokens.py
