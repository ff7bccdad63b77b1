"""BSON as the original's database keeps it: every type that its tools can write, and the bytes of damaged documents."""
import datetime
import struct


class Id:
    """An object id."""

    def __init__(self, text):
        self.hex = text

    def __str__(self):
        return self.hex

    def __eq__(self, other):
        return isinstance(other, Id) and self.hex == other.hex

    def __hash__(self):
        return hash(self.hex)


class Long(int):
    """A number of 64 bits, however small."""


class Raw:
    """A value given as type and bytes: what no ordinary value stands for."""

    def __init__(self, kind, data=b""):
        self.kind, self.data = kind, data


class Pairs:
    """A document as a list of pairs: names may stand twice."""

    def __init__(self, *pairs):
        self.pairs = pairs


UNDEFINED, MIN_KEY, MAX_KEY = Raw(0x06), Raw(0xFF), Raw(0x7F)
PATTERN = Raw(0x0B, b"^web.*\0i\0")
DECIMAL = Raw(0x13, struct.pack("<QQ", 12345, 0x303C000000000000))  # 123.45
TIMESTAMP = Raw(0x11, struct.pack("<II", 1, 1_595_356_664))
BYTES = Raw(0x05, struct.pack("<iB", 4, 0) + b"\x00\xff\x01\x02")
CODE = Raw(0x0D, struct.pack("<i", 11) + b"function()\0")
SYMBOL = Raw(0x0E, struct.pack("<i", 5) + b"word\0")
BAD_TEXT = Raw(0x02, struct.pack("<i", 7) + b"a\xff\xc3(b\xed\0"[:7])
ZERO_TEXT = Raw(0x02, struct.pack("<i", 12) + b"zero\0inside\0")


def name_of(key):
    return key.encode("utf-8") + b"\0" if isinstance(key, str) else key + b"\0"


def encode(value):
    """Type and bytes of a value."""
    if isinstance(value, Raw):
        return value.kind, value.data
    if isinstance(value, Id):
        return 0x07, bytes.fromhex(value.hex)
    if value is None:
        return 0x0A, b""
    if isinstance(value, bool):
        return 0x08, bytes([value])
    if isinstance(value, Long):
        return 0x12, struct.pack("<q", value)
    if isinstance(value, int):
        return (0x10, struct.pack("<i", value)) if -2**31 <= value < 2**31 else (0x12, struct.pack("<q", value))
    if isinstance(value, float):
        return 0x01, struct.pack("<d", value)
    if isinstance(value, str):
        data = value.encode("utf-8") + b"\0"
        return 0x02, struct.pack("<i", len(data)) + data
    if isinstance(value, datetime.datetime):
        return 0x09, struct.pack("<q", round((value - datetime.datetime(1970, 1, 1)).total_seconds() * 1000))
    if isinstance(value, (list, tuple)):
        return 0x04, document(Pairs(*((str(at), one) for at, one in enumerate(value))))
    return 0x03, document(value)


def document(value):
    pairs = value.pairs if isinstance(value, Pairs) else value.items()
    out = bytearray()
    for key, each in pairs:
        kind, data = encode(each)
        out.append(kind)
        out += name_of(key)
        out += data
    return struct.pack("<i", len(out) + 5) + bytes(out) + b"\0"


def nested(depth):
    """A document that is `depth` documents deep, made without recursion."""
    inner = struct.pack("<i", 5) + b"\0"
    for _ in range(depth):
        inner = struct.pack("<i", len(inner) + 8) + b"\x03a\0" + inner + b"\0"
    return inner
