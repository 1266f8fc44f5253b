"""The organisation API's body, byte for byte, as others read it; and the team's bodies without a certificate."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from station.cloud.organisation_rows import render_headed_rows
from station.cloud.protocol import AttestationToken, Certificate, OnboardingToken, OnboardRow, PublicKey
from station.cloud.rows import render_rows
from station.domain.faults import Fault
from station.domain.ids import DeviceId
from station.simulator.cloud_headed_rows import read_headed_rows
from station.simulator.cloud_rows import read_rows
from tests.unit.line.outbox_tokens import FAR

UUID = DeviceId("50503642-3633-4685-802c-1c2c0bf87a22")


def test_bytes_are_the_references(make_unit: Callable) -> None:
    one, two = make_unit(UUID), make_unit("dev_2")
    body = render_headed_rows(
        [
            OnboardRow(one.device_id, Certificate(one.pem), "my-thing,v2", ("tag1",), ("APP",)),
            OnboardRow(two.device_id, Certificate(two.pem)),
        ]
    )
    assert body == (
        b"deviceId,certificate\n"
        b'50503642-3633-4685-802c-1c2c0bf87a22,"' + one.pem.encode() + b'"\n'
        b'dev_2,"' + two.pem.encode() + b'"\n'
    )
    assert body.count(b'-----END CERTIFICATE-----\n"\n') == 2


def test_tokens_stand_bare_and_python_and_the_cloud_read_them_back(attest: Callable, enrol: Callable) -> None:
    for credential, column in (
        (AttestationToken(attest(UUID)), "attestationToken"),
        (OnboardingToken(enrol(UUID, "x"), FAR), "onboardingToken"),
    ):
        body = render_headed_rows([OnboardRow(UUID, credential)])
        assert list(csv.reader(io.StringIO(body.decode(), newline=""))) == [
            ["deviceId", column],
            [UUID, credential.text],
        ]
        assert b'"' not in body
        (row,) = read_headed_rows(body, "text/csv")
        assert (row.device_id, row.pem, row.credential) == (UUID, credential.text, credential.kind)


def test_rows_are_counted_without_the_header(make_unit: Callable) -> None:
    rows = [OnboardRow(unit.device_id, Certificate(unit.pem)) for unit in (make_unit(f"unit-{n}") for n in range(3))]
    assert render_headed_rows(rows, max_rows=3)
    for wrong, limit, most in (([], 3, 3), (rows, 2, 2), (rows * 400, 5000, 1000)):
        with pytest.raises(Fault, match=f"CLD-112.*a body takes 1 to {most}"):
            render_headed_rows(wrong, max_rows=limit)


def test_what_it_takes_no_body_for_is_not_rendered(make_unit: Callable, attest: Callable, key_pem: Callable) -> None:
    unit = make_unit(UUID)
    row = OnboardRow(UUID, Certificate(unit.pem))
    for wrong, why in (
        ([replace(row, replaces=True)], "not known to replace"),
        ([OnboardRow(UUID, PublicKey(key_pem(unit.key)))], "takes no public-key"),
        ([row, OnboardRow(DeviceId("two"), AttestationToken(attest()))], "of several kinds"),
        ([row, row], f"the device {UUID} is in it twice"),
    ):
        with pytest.raises(Fault, match=f"CLD-112.*{why}"):
            render_headed_rows(wrong)
    with pytest.raises(Fault, match=r"CLD-112.*the key of two"):
        render_headed_rows(
            [OnboardRow(UUID, AttestationToken(attest())), OnboardRow(DeviceId("two"), AttestationToken(attest()))]
        )
    with pytest.raises(Fault, match=r"CLD-111.*device ID"):
        render_headed_rows([OnboardRow(DeviceId("a:b"), Certificate(unit.pem))])


@pytest.mark.parametrize("text", ["", "abc", "a.b", "a.b.c\n", "é.b.c", "not a token"])
def test_tokens_that_are_none_are_not_rendered_and_not_told(text: str) -> None:
    for credential in (AttestationToken(text), OnboardingToken(f"{text} ", FAR)):
        with pytest.raises(Fault) as raised:
            render_headed_rows([OnboardRow(UUID, credential)])
        assert raised.value.code == "CLD-111"
        assert len(text) < 4 or text not in f"{raised.value!r} {raised.value.detail} {credential!r}"


# --- the team API's own --------------------------------------------------------------------------------------------


def test_public_keys_have_two_columns_and_no_others(make_unit: Callable, key_pem: Callable) -> None:
    units = [make_unit(f"unit-{n}") for n in range(2)]
    rows = [OnboardRow(unit.device_id, PublicKey(key_pem(unit.key)), "board", ("tag",), ("APP",)) for unit in units]
    body = render_rows(rows)
    assert body == "".join(f'{unit.device_id},"{key_pem(unit.key)}"\n' for unit in units).encode()
    taken = read_rows(body, "text/csv", registering=True)
    assert [(row.device_id, row.pem, row.credential) for row in taken] == [
        (unit.device_id, key_pem(unit.key), "public-key") for unit in units
    ]


def test_a_public_key_that_is_none_is_not_rendered(make_unit: Callable, key_pem: Callable) -> None:
    unit, big = make_unit("unit-1"), ec.generate_private_key(ec.SECP384R1())
    good = key_pem(unit.key)
    for wrong in (unit.pem, good.rstrip("\n"), f"{good}\n", good * 2, good.replace("\n", "\r\n"), key_pem(big), ""):
        with pytest.raises(Fault, match="CLD-111"):
            render_rows([OnboardRow(unit.device_id, PublicKey(wrong))])


def test_an_onboarding_token_goes_alone_and_says_only_what_is_said(enrol: Callable) -> None:
    token = enrol(UUID, "team")
    row = OnboardRow(UUID, OnboardingToken(token, FAR), "nRF93M1", ("a", "b"), ("MODEM",))
    assert json.loads(render_rows([row])) == {
        "onboardingToken": token,
        "subType": "nRF93M1",
        "tags": ["a", "b"],
        "supportedFirmwareTypes": ["MODEM"],
    }
    assert json.loads(render_rows([OnboardRow(UUID, OnboardingToken(token, FAR))])) == {"onboardingToken": token}
    with pytest.raises(Fault, match=r"CLD-112.*one by one"):
        render_rows([row, OnboardRow(DeviceId("two"), OnboardingToken(enrol("two", "team"), FAR))])


def test_the_team_api_takes_no_attestation_token(attest: Callable) -> None:
    with pytest.raises(Fault, match=r"CLD-112.*takes no attestation-token"):
        render_rows([OnboardRow(UUID, AttestationToken(attest()))])
