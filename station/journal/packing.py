"""How a leaf lies in its row: as it is, or packed where that is shorter.

A part of `verify.py`, which is copied into every bundle: it imports the standard library alone.

A leaf is a JSON object and begins with ``{``, and so does the row of one that is stored as it is. A packed one begins
with a byte that names a dictionary; then comes its raw deflate stream (RFC 1951) with that preset dictionary. Trees,
proofs, exports and whoever reads an entry have the leaf itself: how it was stored shows nowhere.
"""

import zlib

_SHORTEST_PACKED = 256
"""Bytes of a leaf from which on it is packed: a step's intent, for which the line waits most often, stays as it is."""
_LONGEST_PACKED = 64 * 1024
"""A longer leaf is stored as it is, so that no packed one can fill anybody's memory."""
_WINDOW = 13
"""The window's size as a power of two: the dictionary and most leaves fit in."""

_DICTIONARIES = {
    b"\x01": (
        # Certificates and requests (DER) in base64, at each of the three places where a group may begin.
        b"MIIBMIICMIIBDDCBswIBADAxMS8wLQYDVQQDDCZvMIIBCzCBrwIBADAvMS0wKwYDVQQDDCQ1MDM0Mzk1Ni0zMDM"
        b"oB4wHAYJKoZIhvcNAQkOMQ8wDTALBgNVHQ8EBAMCA-gwDAYIKoZIzj0EAwIFAANIADBFAiEAANJADBGAiEAANHADBEAiB"
        b".0oRDoQEmoQRBIVhP2dn3hQlQUDQ5V.0oRDoQEmoQRBIVhP2dn3hQlQUDUyVUUaAQEAAVgg"
        b"MB4XDTI2oXDTM2AeFw0yNaFw0zNwHhcNMjWhcNMzEbMBkGA1UEAwwSxGzAZBgNVBAMMMRswGQYDVQQDD"
        b"MC8xLTArBgNVBAMMJAvMS0wKwYDVQQDDCwLzEtMCsGA1UEAwwkNTAzNDM5NTYtMz"
        b"BZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAA"
        b"MAwGA1UdEwEB/wQCMAAwDgYDVR0PAQH/BAQDAgeAMBMGA1UdJQQMMAoGCCsGAQUFBwMCMB8GA1UdIwQYMBaAF"
        b"MB0GA1UdDgQWBBMAoGCCqGSM49BAMCA0gAMEUCIQA0cAMEQCIAA0kAMEYCIQD"
        b"AMBgNVHRMBAf8EAjAAMA4GA1UdDwEB/wQEAwIHgDATBgNVHSUEDDAKBggrBgEFBQcDAjAfBgNVHSMEGDAWgB"
        b"AdBgNVHQ4EFgQUAKBggqhkjOPQQDAgNIADBFAiEANJADBGAiEANHADBEAiA"
        b"N1MHMwDAYDVR0TAQH/BAIwADAOBgNVHQ8BAf8EBAMCB4AwEwYDVR0lBAwwCgYIKwYBBQUHAwIwHwYDVR0jBBgwFoAU"
        b"wHQYDVR0OBBYEFwCgYIKoZIzj0EAwIDSAAwRQIhADRwAwRAIgMAoGCCqGSM49BAMCA0cAMEQCI"
        # What few entries say.
        b'"quarantined""aborted","reason":"the cloud\'s answer to the bulk request","state":"onboarded","unit":'
        b'{"about":"","sha256":"","value":{"content":{"name":""},"schema":1,"kind":"person-changed","kind":"context",'
        b'"credential":"certificate","units":["body_bytes":,"body_sha256":""kind":"upload-prepared",'
        b'"kind":"upload-settled","kind":"unit-overwritten","kind":"rework-declared","operator":"","reason":"'
        b'"fault":{"code":"LINE-1","detail":"","retry":"after-operator","sentence":"","retry":"same-unit","retry":"never",'
        b'"retry":"AT-1","outcome":"error","results":{},"outcome":"failed","results":{},'
        b'"results":{"name":"","reason":"","measurements":[{"name":"","value":,"unit":"","low":,"high":,"inside":true}],'
        b'"results":{"attestation":"","device_type":"","firmware_uuid":"","proven":"'
        b'"results":{"access_key":"","account":"","expires":"","onboarding":"","proven":"token verified with '
        b'the access key, for this device and this account","spki_sha256":"","uuid":"'
        b'"results":{"adopted_from":null,"csr":"","csr_sha256":"","made":"","proven":"","spki_sha256":"'
        b'"results":{"check_image":"","listed":,"read_back":true,"relies_on_attempt":'
        b'"results":{"after":"","before":"","erase_protected":true,"level":"","proven":"'
        b'"results":{"image":"mfw_nrf91x1_2.0.","programmed":true,"seen_by":"AT+CGMR","sha256":"","verified":"digest",'
        b'"version":"","verified_again":["","step":"lock","step":"command","step":"modem-firmware","step":"attest",'
        # What is told of every unit, in the order of an attempt.
        b',"by":"p","kind":"attempt-opened","mono_us":{"batch":"WO-","context":"","recipe":"","serial":null,"slot":'
        b'{"der":"MIIBwjCCAWmgAwIBAgIU","serial":"","sha256":"","kind":"certificate-issued","mono_us":'
        b'{"device_id":"50343956-3","issuer":"","not_after":"20-00:00.000000+00:00","not_before":"2026-000000+00:00",'
        b'"profile":"1","serial":"","spki_sha256":""},"by":"p1","kind":"certificate-intended","mono_us":'
        b'{"adopts":null,"attempt":,"device_id":"50343956-3","hardware":"nRF9151 LACA A0A","imei":"35",'
        b'"model":"nRF9151-LACA'
        b'","modem_firmware":"mfw_nrf91x1_2.0.2","serial":null,"uuid":"50343956-3","uuid_source":"%DEVICEUUID"},'
        b'"by":"p1","kind":"unit-identified","mono_us":'
        b'"results":{"driven_by":"","erase_protected":false,"family":"nrf91x1","millivolts":1800,'
        b'"part":"NRF9120_xxAA_REV3","probe":"00105","protected":false},"step":"check-target",'
        b'"protected":false,"was_protected":false},"step":"recover",'
        b'"results":{"erase":"all","image":".hex","sha256":"","verified":"read back"},"step":"flash",'
        b'"results":{"device_id":"50343956-3","imei":"35","modem_firmware":"mfw_nrf91x1_2.0.2","uuid":"50343956-3"},'
        b'"step":"identify","results":{"deleted":[],"kept_key_of_attempt":null,"sec_tag":16842753},'
        b'"step":"clear-credentials","results":{"adopted_from":null,"csr_sha256":"","keygen":"MIIBCzCBrwIBADAvMS0wKwYDVQQDDCQ'
        b'","proven":"digest and UUID match; COSE signature not verified","spki_sha256":"","uuid":"50343956-3"},'
        b'"step":"generate-key","results":{"issuer":"","profile":"1","serial":""},"step":"sign",'
        b'"results":{"certificate_sha256":"","compared_by":"stored hash","root_sha256":'
        b'"2c43952ee9e000ff2acc4e2ed0897c0a72ad5fa72c3d934e81741cbd54f05bd1","sec_tag":16842753,"written":[0,1]},'
        b'"step":"write-credentials","results":{"jwt":"verified with the certificate\'s public key over a one-time '
        b'nonce"},"step":"prove","results":{"final_token":"signed","stored":true},"step":"store",'
        b'{"at":"2026-00:00+00:00","body":{"attempt":,"fault":null,"index":,"milliseconds":,"outcome":"passed","results":{'
        b'","tries":1},"by":"p1","kind":"step-finished","mono_us":,"seq":,"session":,"v":1}'
    ),
}
"""What is the same in the leaves of all stations, and nothing of any unit; rare things first, frequent ones last.

A part of the journal's format: never changed. A better one would get the next number.
"""
_NEWEST = b"\x01"
# Fixed codes: a sixth longer than codes of each leaf's own, and unpacked in half the time (1.7 us).
_PRIMED = zlib.compressobj(6, zlib.DEFLATED, -_WINDOW, 6, zlib.Z_FIXED, _DICTIONARIES[_NEWEST])


def pack_leaf(leaf: bytes) -> bytes:
    """Return how a leaf is to be stored: :func:`unpack_leaf` gives it back. Pure; any thread's."""
    if not _SHORTEST_PACKED <= len(leaf) <= _LONGEST_PACKED:
        return leaf
    stream = _PRIMED.copy()  # half the price of a new one, which would have to learn the dictionary first
    packed = _NEWEST + stream.compress(leaf) + stream.flush()
    return packed if len(packed) < len(leaf) else leaf


def unpack_leaf(stored: bytes) -> bytes:
    """Return the leaf that is stored so. Pure; what a stranger stored costs no more than some leaves' memory.

    Raises ValueError for another first byte, for a stream that is damaged, cut off or followed by something, and for
    one that holds no leaf, or a longer one than is ever packed.
    """
    if stored[:1] == b"{":
        return stored
    dictionary = _DICTIONARIES.get(stored[:1])
    if dictionary is None:
        raise ValueError("it is stored in a way that is not known here: it is damaged, or a newer station's")
    stream = zlib.decompressobj(-_WINDOW, zdict=dictionary)
    try:
        leaf = stream.decompress(stored[1:], _LONGEST_PACKED + 1)
    except zlib.error as error:
        raise ValueError(f"it can't be unpacked ({error})") from None
    if not stream.eof or stream.unused_data or len(leaf) > _LONGEST_PACKED or leaf[:1] != b"{":
        raise ValueError("it can't be unpacked (cut off, too long, or no leaf)")
    return leaf
