"""The CSV body, byte for byte, as others read it."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from station.cloud.protocol import Certificate, OnboardRow
from station.cloud.rows import FIRMWARE_TYPES, render_rows, replaces_certificates
from station.credentials.pem import CertificatePem
from station.domain.faults import Fault
from station.domain.ids import DeviceId
from station.simulator.cloud_rows import Row, read_rows

# In the form of a certificate, and none.
PEM = CertificatePem(
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBNTCB3KADAgECAhRcVVnDQsvTHVvyrNeysGQ9B8yKGjAKBggqhkjOPQQDAjAS\n"
    "-----END CERTIFICATE-----\n"
)


def test_bytes_are_the_references(make_unit: Callable) -> None:
    one, two = make_unit("50503642-3633-4685-802c-1c2c0bf87a22"), make_unit("dev_2")
    body = render_rows(
        [
            OnboardRow(one.device_id, Certificate(one.pem), "my-thing,v2", ("tag1", "tag2"), ("APP", "MODEM")),
            OnboardRow(two.device_id, Certificate(two.pem)),
        ]
    )
    assert body == (
        b'50503642-3633-4685-802c-1c2c0bf87a22,"my-thing,v2",tag1|tag2,APP|MODEM,"' + one.pem.encode() + b'"\n'
        b'dev_2,,,,"' + two.pem.encode() + b'"\n'
    )
    assert body.count(b'-----END CERTIFICATE-----\n"\n') == 2
    assert b"\r" not in body


_ROW_PARTS = st.tuples(
    st.text("abcXYZ019_.,@/:#-", max_size=40),
    st.lists(st.text("abcXYZ019_.@:#-", min_size=1, max_size=12), max_size=4),
    st.lists(st.sampled_from(FIRMWARE_TYPES), max_size=6),
)


@given(st.lists(_ROW_PARTS, min_size=1, max_size=3))
def test_python_and_the_cloud_read_back_what_was_rendered(
    make_unit: Callable, parts: list[tuple[str, list[str], list[str]]]
) -> None:
    units = [make_unit(f"unit-{number}") for number in range(len(parts))]
    rows = [
        OnboardRow(unit.device_id, Certificate(unit.pem), subtype, tuple(tags), tuple(types))
        for unit, (subtype, tags, types) in zip(units, parts, strict=True)
    ]
    body = render_rows(rows)
    assert list(csv.reader(io.StringIO(body.decode(), newline=""))) == [
        [row.device_id, row.subtype, "|".join(row.tags), "|".join(row.firmware_types), row.credential.pem]
        for row in rows
    ]
    assert read_rows(body, "text/csv") == tuple(
        Row(row.device_id, row.subtype, row.tags, row.firmware_types, row.credential.pem) for row in rows
    )
    assert render_rows(rows) == body


@pytest.mark.parametrize(
    "change",
    [
        {"device_id": DeviceId("a:b")},  # the organisation's API takes no colon
        {"device_id": DeviceId("")},
        {"device_id": DeviceId("other")},  # not the certificate's common name
        {"subtype": "with blank"},
        {"subtype": 'with"quote'},
        {"subtype": "line\nfeed"},
        {"subtype": "x" * 800},
        {"tags": ("",)},
        {"tags": ("a,b",)},
        {"tags": ("a|b",)},
        {"tags": ("a/b",)},
        {"tags": ("umläut",)},
        {"firmware_types": ("SMP",)},
        {"firmware_types": ("app",)},
        {"credential": Certificate(PEM.rstrip("\n"))},
        {"credential": Certificate(PEM + "\n")},
        {"credential": Certificate(PEM)},  # not a certificate
        {"credential": Certificate(PEM.replace("\n", "\r\n"))},
        {"credential": Certificate(PEM.replace("CERTIFICATE", "PUBLIC KEY"))},
        {"credential": Certificate(PEM + PEM)},
        {"credential": Certificate("é" + PEM)},
    ],
)
def test_row_the_cloud_would_refuse_is_not_rendered(make_unit: Callable, change: dict) -> None:
    unit = make_unit("unit-1")
    good = {
        "device_id": unit.device_id,
        "credential": Certificate(unit.pem),
        "subtype": "",
        "tags": (),
        "firmware_types": (),
    }
    assert render_rows([OnboardRow(**good)])
    with pytest.raises(Fault) as raised:
        render_rows([OnboardRow(**good | change)])
    assert raised.value.code == "CLD-111"


def test_key_of_another_curve_is_refused(make_unit: Callable) -> None:
    unit = make_unit("unit-1", ec.generate_private_key(ec.SECP384R1()))
    with pytest.raises(Fault, match=r"CLD-111.*P-256"):
        render_rows([OnboardRow(unit.device_id, Certificate(unit.pem))])


def test_nothing_comes_twice(make_unit: Callable) -> None:
    one = make_unit("unit-1")
    same_key = make_unit("unit-2", one.key)
    row = OnboardRow(one.device_id, Certificate(one.pem))
    with pytest.raises(Fault, match=r"CLD-112.*the device unit-1"):
        render_rows([row, OnboardRow(one.device_id, Certificate(make_unit("unit-1").pem))])
    with pytest.raises(Fault, match=r"CLD-112.*the key of unit-2"):
        render_rows([row, OnboardRow(same_key.device_id, Certificate(same_key.pem))])


def test_row_count_is_bounded(make_unit: Callable) -> None:
    rows = [OnboardRow(unit.device_id, Certificate(unit.pem)) for unit in (make_unit(f"unit-{n}") for n in range(3))]
    assert render_rows(rows, max_rows=3)
    for wrong, limit, most in (([], 3, 3), (rows, 2, 2), (rows * 400, 5000, 1000)):
        with pytest.raises(Fault, match=f"CLD-112.*a body takes 1 to {most}"):
            render_rows(wrong, max_rows=limit)


def test_a_body_that_replaces_certificates_has_two_columns_and_says_so_itself(make_unit: Callable) -> None:
    units = [make_unit(f"unit-{n}") for n in range(3)]
    rows = [
        OnboardRow(unit.device_id, Certificate(unit.pem), "board,v2", ("tag1",), ("APP",), replaces=True)
        for unit in units
    ]
    body = render_rows(rows)
    taken = read_rows(body, "text/csv", replacing=True)
    assert [(row.device_id, row.pem, row.tags) for row in taken] == [(unit.device_id, unit.pem, ()) for unit in units]
    assert replaces_certificates(body)
    onboarding = [replace(row, replaces=False) for row in rows]
    assert not replaces_certificates(render_rows(onboarding))
    assert not replaces_certificates(render_rows([OnboardRow(units[0].device_id, Certificate(units[0].pem))]))
    with pytest.raises(Fault, match="CLD-112"):
        render_rows([rows[0], onboarding[1]])
