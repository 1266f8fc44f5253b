"""What a recipe may say, and what each mistake is told."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from station.domain.faults import Fault
from station.domain.line import RepeatClass, StepKind
from station.domain.modem import FirmwareFamily
from station.settings.loading import load_recipe
from station.settings.recipe import CommandStep, DeviceIdRule, Limit

Refused = Callable[[Callable[[], object]], list[str]]
Edit = Callable[..., Path]


@pytest.fixture
def edit(examples: Path) -> Edit:
    """How to replace a part of an example and get its path."""

    def replaced(old: str, new: str, name: str = "tracker") -> Path:
        path = examples / f"config/recipes/{name}.toml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return path

    return replaced


def test_the_full_example_means_what_it_says(examples: Path) -> None:
    recipe = load_recipe(examples / "config/recipes/tracker.toml").value
    assert recipe.sec_tag == 16842753
    assert [step.do for step in recipe.steps] == [
        StepKind.CHECK,
        StepKind.RECOVER,
        StepKind.FLASH,
        StepKind.IDENTIFY,
        StepKind.CLEAR,
        StepKind.GENERATE,
        StepKind.SIGN,
        StepKind.WRITE,
        StepKind.PROVE,
        StepKind.STORE,
    ]
    # Only what may simply be done again is tried again.
    assert [step.attempts for step in recipe.steps] == [2, 2, 2, 2, 2, 1, 1, 2, 2, 2]
    assert not recipe.scans_labels
    assert recipe.images[0].path == examples / "fixtures/simulated/firmware/provisioning.hex"


def test_minimum_firmware_is_raised_for_one_family_and_stays_for_the_others(examples: Path) -> None:
    recipe = load_recipe(examples / "config/recipes/tracker-preflashed.toml").value
    assert recipe.minimum_firmware == {
        FirmwareFamily.NRF9160: (1, 3, 2),
        FirmwareFamily.NRF91X1: (2, 0, 2),
        FirmwareFamily.NRF9151_NTN: (1, 0, 0),
    }


def test_a_command_has_its_folder_program_limits_and_repeat_class(examples: Path) -> None:
    recipe = load_recipe(examples / "config/recipes/tracker-tested.toml").value
    (step,) = (step for step in recipe.steps if isinstance(step, CommandStep))
    assert (step.name, step.timeout_s, step.attempts) == ("functional test", 30, 2)
    assert step.repeat is RepeatClass.PURE
    assert step.folder == examples / "config/recipes"
    assert step.limits["supply"] == Limit(low=3.2, high=3.4, unit="V")
    assert step.limits["sleep current"].low is None


COMMAND = 'do = "command"\nname = "t"\ntimeout_s = 1\nrepeat = "pure"\n'


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "image =",
            "imge =",
            'step 3 (flash): imge: no such key; did you mean "image"? Allowed: answers_at, attempts,',
        ),
        (
            '"flash"',
            '"flsh"',
            'step 3: do: "flsh" is not right. Did you mean "flash"? Allowed: attest, check-target, cl',
        ),
        ('do = "flash"', "", "step 3: do: missing; it must be one of attest, check-target, clear-credentials,"),
        (
            'do = "sign"',
            'do = "sign"\nattempts = 2',
            "step 7 (sign): attempts: 2 is not right; it must be 1: this step is",
        ),
        (
            'do = "prove"',
            'do = "prove"\nattempts = 6',
            "step 9 (prove): attempts: 6 is not right; it must be how often",
        ),
        ('do = "prove"', 'do = "prove"\nattempts = 0', "step 9 (prove): attempts: 0 is not right"),
        ('do = "prove"', 'do = "prove"\ntimeout_s = 1', "step 9 (prove): timeout_s: no such key"),
        ("provisioning.hex", "none.hex", "step 3 (flash): image: there is no file "),
        ("firmware/provisioning.hex", "fixture.toml", "step 3 (flash): image: an application image is an Intel HEX"),
        ("b44a33", "000000", "step 3 (flash): sha256: "),
        ("b44a33", "xyz", "step 3 (flash): sha256: 'xyzf81"),
        ("b44a33", "b", "step 3 (flash): sha256: 'bf81"),
        ("2c4395", "000000", "credentials.roots[0].sha256: "),
        ('"../roots/amazon-root-ca-1.pem"', '"../roots/none.pem"', "credentials.roots[0].file: there is no file "),
        ("sec_tag = 16842753", "sec_tag = 2147483648", "credentials.sec_tag: 2147483648 is not right; it must be"),
        ("sec_tag = 16842753", "sec_tag = -1", "credentials.sec_tag: -1 is not right"),
        ('protocols = ["mqtt"]', 'protocols = ["mqtt", "coap"]', 'credentials.roots: no root serves "coap", which'),
        ('protocols = ["mqtt"]', 'protocols = ["mqtt", "mqtt"]', "cloud.protocols: the same stands in it twice."),
        ('protocols = ["mqtt"]', "protocols = []", "cloud.protocols: a list is not right; it must be a list of"),
        ('protocols = ["mqtt"]', 'protocols = "mqtt"', 'cloud.protocols: "mqtt" is not right; it must be a list'),
        ('tags = ["line1"]', 'tags = ["line 1"]', 'cloud.tags[0]: "line 1" is not right; it must be a list of texts'),
        ('tags = ["line1"]', 'tags = ["a|b"]', 'cloud.tags[0]: "a|b" is not right'),
        ('subtype = "tracker"', 'subtype = "a|b"', 'cloud.subtype: "a|b" is not right'),
        ('"APP", "MODEM"', '"APP", "MODEMS"', 'cloud.firmware_types[1]: "MODEMS" is not right; it must be a list of'),
        ('scheme = "uuid"', 'scheme = "mac"', 'device_id.scheme: "mac" is not right; it must be "uuid"'),
        ('scheme = "uuid"', 'scheme = "serial"', 'device_id.pattern: missing; the scheme "serial"'),
        ('scheme = "uuid"', 'scheme = "uuid"\nprefix = "a"', "device_id.prefix: only the scheme"),
        ('scheme = "uuid"', 'scheme = "imei"\nprefix = "a:"', 'device_id.prefix: "a:" is not right'),
        ('scheme = "uuid"', 'scheme = "uuid"\npattern = "["', "device_id.pattern: that is no regular expression"),
        ("baud = 115200", "baud = 300", "serial.baud: 300 is not right"),
        ('"at_host" ', '"slm" ', 'serial.framing: "slm" is not right; it must be "at_host"'),
        (
            "[serial]",
            '[minimum_modem_firmware]\nnrf9160 = "1.2.9"\n[serial]',
            "minimum_modem_firmware.nrf9160: 1.2.9 is",
        ),
        (
            "[serial]",
            '[minimum_modem_firmware]\nnrf9151-ntn = "0.9.9"\n[serial]',
            "minimum_modem_firmware.nrf9151-ntn: 0",
        ),
        (
            "[serial]",
            '[minimum_modem_firmware]\nnrf9161 = "2.0.0"\n[serial]',
            "minimum_modem_firmware.nrf9161: no such",
        ),
        ("[serial]", '[minimum_modem_firmware]\nnrf91x1 = "2.1"\n[serial]', "minimum_modem_firmware.nrf91x1: write a"),
        ("[serial]", "[minimum_modem_firmware]\nnrf91x1 = 2.1\n[serial]", "minimum_modem_firmware.nrf91x1: write a"),
        ('product = "tracker"', 'product = "a b"', 'product: "a b" is not right'),
        ("schema = 1", "schema = 1\nbatch = 7", "batch: no such key. Allowed: cloud, credentials, device_id,"),
        (
            'do = "prove"',
            f"{COMMAND}program = './none'\n[[steps]]\ndo = 'prove'",
            "step 9 (command): program: there is no file ",
        ),
        ('do = "prove"', COMMAND + "[[steps]]\ndo = 'prove'", "step 9 (command): program: missing; it must be "),
        (
            'do = "prove"',
            f"{COMMAND}program = 'x'\nattempts = 2\n[[steps]]\ndo = 'prove'".replace("pure", "one-way"),
            "step 9 (command): attempts: a step with repeat",
        ),
        (
            'do = "prove"',
            f"{COMMAND}program = 'x'\n[[steps]]\ndo = 'prove'".replace("pure", "probe-first"),
            'step 9 (command): repeat: "probe-first" is not right; it must be "pure"',
        ),
        (
            'do = "prove"',
            f"{COMMAND}program = 'x'\n[[steps]]\n{COMMAND}program = 'y'\n[[steps]]\ndo = 'prove'",
            'step 9 (command): name: another command is called "t" too.',
        ),
        (
            'do = "prove"',
            f"{COMMAND}program = 'x'\nlimits.v = {{ unit = 'V' }}\n[[steps]]\ndo = 'prove'",
            "step 9 (command): limits.v.low: a limit has low, high or both.",
        ),
        (
            'do = "prove"',
            f"{COMMAND}program = 'x'\nlimits.v = {{ low = 2, high = 1 }}\n[[steps]]\ndo = 'prove'",
            "step 9 (command): limits.v.low: 2.0 is above high 1.0",
        ),
        (
            'do = "prove"',
            f"{COMMAND}program = 'x'\nlimits.v = {{ lo = 2 }}\n[[steps]]\ndo = 'prove'",
            'step 9 (command): limits.v.lo: no such key; did you mean "low"? Allowed: high, low, unit.',
        ),
    ],
)
def test_each_mistake_is_told_by_key_and_what_would_be_right(
    edit: Edit, refused: Refused, old: str, new: str, problem: str
) -> None:
    path = edit(old, new)
    lines = refused(lambda: load_recipe(path))
    assert any(line.startswith(f"{path}: {problem}") for line in lines), lines


def test_a_programs_files_beside_the_recipe_must_be_pinned(edit: Edit, refused: Refused) -> None:
    path = edit('{ file = "functional_test.py"', '{ file = "tracker.toml"', name="tracker-tested")
    lines = refused(lambda: load_recipe(path))
    assert lines[0].startswith(f"{path}: step 2 (command): files[0].sha256: ")
    own = hashlib.sha256((path.parent / "tracker.toml").read_bytes()).hexdigest()
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("0556d56e7ad2bda84e9496cb5e35a74b5dc0d0879cee86fd8f3baee4d4325c0a", own), "utf-8")
    (line,) = refused(lambda: load_recipe(path))
    assert line.startswith(f"{path}: step 2 (command): arguments[0]: functional_test.py is a file beside this recipe")


def test_a_program_beside_the_recipe_is_run_from_there_and_must_be_pinned(edit: Edit, refused: Refused) -> None:
    path = edit('program = "{python}"', 'program = "./functional_test.py"', name="tracker-tested")
    (step,) = (step for step in load_recipe(path).value.steps if isinstance(step, CommandStep))
    assert step.program == str(path.parent / "functional_test.py")
    text = path.read_text(encoding="utf-8")
    start, end = text.index("arguments ="), text.index("timeout_s")
    path.write_text(text[:start] + text[end:], encoding="utf-8")
    (line,) = refused(lambda: load_recipe(path))
    assert line.startswith(f"{path}: step 2 (command): program: ")


def test_a_root_with_windows_line_ends_is_the_same_root(examples: Path) -> None:
    recipe = examples / "config/recipes/tracker.toml"
    before = load_recipe(recipe).value.root_bundle
    root = examples / "config/roots/amazon-root-ca-1.pem"
    root.write_bytes(root.read_bytes().replace(b"\n", b"\r\n"))
    assert load_recipe(recipe).value.root_bundle == before


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no certificate\n", "line 1 does not begin a whole certificate"),
        (b"-----BEGIN PRIVATE KEY-----\nplanted\n-----END PRIVATE KEY-----\n", "private key"),
    ],
)
def test_what_is_no_root_is_refused_even_where_its_pin_is_right(
    examples: Path, refused: Refused, content: bytes, words: str
) -> None:
    (examples / "config/roots/amazon-root-ca-1.pem").write_bytes(content)
    path = examples / "config/recipes/tracker.toml"
    text = path.read_text(encoding="utf-8")
    old = "2c43952ee9e000ff2acc4e2ed0897c0a72ad5fa72c3d934e81741cbd54f05bd1"
    path.write_text(text.replace(old, hashlib.sha256(content).hexdigest()), encoding="utf-8")
    (line,) = refused(lambda: load_recipe(path))
    assert line.startswith(f"{path}: credentials.roots[0].sha256: ")
    assert words in line
    assert "planted" not in line


@pytest.mark.parametrize("says", ["that it is none", "nothing"])
def test_a_certificate_that_is_no_ca_is_no_root(examples: Path, refused: Refused, says: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a server")])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, begin, begin + timedelta(days=1))
    if says == "that it is none":
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    pem = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    (examples / "config/roots/amazon-root-ca-1.pem").write_bytes(pem)
    path = examples / "config/recipes/tracker.toml"
    text = path.read_text(encoding="utf-8")
    old = "2c43952ee9e000ff2acc4e2ed0897c0a72ad5fa72c3d934e81741cbd54f05bd1"
    path.write_text(text.replace(old, hashlib.sha256(pem).hexdigest()), encoding="utf-8")
    (line,) = refused(lambda: load_recipe(path))
    assert line.endswith("holds a certificate that is no CA: CN=a server.")


def test_roots_that_would_wedge_the_modem_are_refused(examples: Path, refused: Refused) -> None:
    root = examples / "config/roots/amazon-root-ca-1.pem"
    many = root.read_bytes() * 4
    root.write_bytes(many)
    path = examples / "config/recipes/tracker.toml"
    text = path.read_text(encoding="utf-8")
    old = "2c43952ee9e000ff2acc4e2ed0897c0a72ad5fa72c3d934e81741cbd54f05bd1"
    path.write_text(text.replace(old, hashlib.sha256(many).hexdigest()), encoding="utf-8")
    assert refused(lambda: load_recipe(path)) == [
        f"{path}: credentials.roots: together they are 4752 bytes; a modem command takes 4070."
    ]


def test_a_product_that_is_not_onboarded_and_gets_no_credentials_loads(tmp_path: Path) -> None:
    path = tmp_path / "plain.toml"
    path.write_text(
        'schema = 1\nproduct = "plain"\n[device_id]\nscheme = "uuid"\n[[steps]]\ndo = "identify"\n', encoding="utf-8"
    )
    recipe = load_recipe(path).value
    assert (recipe.cloud, recipe.root_bundle, recipe.images) == (None, "", ())
    with pytest.raises(AttributeError, match="no credentials"):
        recipe.sec_tag  # noqa: B018 -- it is asked for


def test_what_needs_credentials_says_so(tmp_path: Path, refused: Refused) -> None:
    path = tmp_path / "plain.toml"
    path.write_text(
        'schema = 1\nproduct = "plain"\n[device_id]\nscheme = "uuid"\n[cloud]\nprotocols = ["mqtt"]\n'
        '[[steps]]\ndo = "identify"\n',
        encoding="utf-8",
    )
    (line,) = refused(lambda: load_recipe(path))
    assert line.startswith(f"{path}: cloud: units are onboarded with their certificate")


def test_order_and_keys_are_told_together(edit: Edit, refused: Refused) -> None:
    path = edit('do = "identify" ', 'do = "identify"\ntime = 1 #')
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('[[steps]]\ndo = "sign"\n', ""), encoding="utf-8")
    lines = refused(lambda: load_recipe(path))
    assert [line.removeprefix(f"{path}: ").split(":")[0] for line in lines] == [
        "step 4 (identify)",
        "step 6 (generate-key)",
        "step 7 (write-credentials)",
    ]


def rule(scheme: str, pattern: str | None) -> DeviceIdRule:
    return DeviceIdRule.model_validate({"scheme": scheme, "pattern": pattern})


def test_a_label_of_this_product_is_read(examples: Path) -> None:
    recipe = load_recipe(examples / "config/recipes/tracker-tested.toml").value
    assert recipe.scans_labels
    assert recipe.device_id.read_label("TRK-00000042") == "TRK-00000042"


@settings(deadline=None)
@given(text=st.text(max_size=20))
def test_any_other_label_is_refused_with_a_sentence_that_can_be_shown(text: str) -> None:
    tracker = rule("serial", "TRK-[0-9]{8}")
    with pytest.raises(Fault) as caught:
        tracker.read_label(text)
    assert caught.value.code == "SET-104"
    assert caught.value.sentence.isascii()
    assert caught.value.sentence.isprintable()


def test_a_label_must_match_whole_and_make_a_device_id_where_it_is_one() -> None:
    assert rule("uuid", "[A-Z]:.*").read_label("A:1") == "A:1"
    for one, text in ((rule("serial", ".*"), "A:1"), (rule("uuid", "A"), "AB"), (rule("uuid", None), "A B")):
        with pytest.raises(Fault, match="no label of this product"):
            one.read_label(text)
