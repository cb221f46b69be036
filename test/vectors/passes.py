"""Carried passes and offline codes as docs/passes.md has them; run, it checks passes.json."""

import hmac
import json
import pathlib
import sys
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
MINUTES = [15, 30, 45, 60, 90, 120, 150, 180, 240, 300, 360, 420, 480, 540, 600, 720, 960, 1200]
MINUTES += [days * 1440 for days in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14, 21, 28, 31)]
LENGTHS = {0x11: range(21, 42), 0x12: range(77, 89)}
PROOF = {0x11: 8, 0x12: 64}
FORM = {0x11: "mac", 0x12: "signed"}


class Refused(Exception):
    """Its argument is the reason code."""


def digits_of(size):
    return len(str(256**size - 1))


def bytes_of(text):
    for size in range(21, 89):
        if digits_of(size) == len(text) and text.isdigit() and text.isascii():
            number = int(text)
            if number < 256**size:
                return number.to_bytes(size, "big")
    raise Refused("passUnreadable")


def mac(secret, purpose, body):
    return hmac.new(secret, purpose + body, sha256).digest()


def is_proven(form, secret, body, proof):
    if form == "mac":
        return hmac.compare_digest(mac(secret, b"postern pass\0", body)[:8], proof)
    try:
        Ed25519PublicKey.from_public_bytes(secret).verify(proof, b"postern pass\0" + body)
        return True
    except InvalidSignature:
        return False


def numbered(field):
    bits = int.from_bytes(field, "big")
    if bits == 0:
        raise Refused("passUnreadable")
    return [n + 1 for n in range(len(field) * 8) if bits >> n & 1]


class Fields:
    def __init__(self, body):
        self.rest = body

    def take(self, size):
        if size > len(self.rest):
            raise Refused("passUnreadable")
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken

    def number(self, size):
        return int.from_bytes(self.take(size), "big")


def refuse_unless(condition):
    if not condition:
        raise Refused("passUnreadable")


def recurrence_of(bits):
    start, minutes, days = bits >> 18 & 0x7FF, bits >> 7 & 0x7FF, bits & 0x7F
    refuse_unless(bits >> 29 == 0 and start < 1440 and 1 <= minutes <= 1440 and days != 0)
    return {"start": start, "minutes": minutes, "days": [day for n, day in enumerate(DAYS) if days >> n & 1]}


def revocations_of(fields, serial):
    head = fields.number(1)
    refuse_unless(1 <= head & 0x7F <= 6)
    serials = [fields.number(3) for _ in range(head & 0x7F)]
    refuse_unless(all(one < serial for one in serials))
    return {"upTo": serials.pop(0) if head & 0x80 else None, "serials": serials}


def claims_of(body):
    fields = Fields(body)
    form, key, serial, start, end, flags = (fields.number(size) for size in (1, 2, 3, 3, 3, 1))
    refuse_unless(serial > 0 and end > start)
    places = [None, 1, 2, 4][flags >> 6]
    claims = {"key": key, "serial": serial, "from": start, "until": end, "code": bool(flags & 2)}
    refuse_unless(not (claims["code"] and form == 0x12))
    claims["places"] = None if places is None else numbered(fields.take(places))
    claims["uses"] = claims["recurrence"] = claims["floors"] = claims["revokes"] = None
    if flags & 0x20:
        uses = fields.number(1)
        refuse_unless(uses & 0x7F)
        claims["uses"] = {"count": uses & 0x7F, "over": "all" if uses & 0x80 else "door"}
    if flags & 0x10:
        claims["recurrence"] = recurrence_of(fields.number(4))
    floors = flags >> 2 & 3
    refuse_unless(floors != 3)
    if floors:
        claims["floors"] = "person" if floors == 1 else numbered(fields.take(2))
    if flags & 1:
        claims["revokes"] = revocations_of(fields, serial)
    refuse_unless(fields.rest == b"")
    return claims


def read_pass(text, keys):
    """keys: from number and form to secret. Gives claims and body."""
    whole = bytes_of(text)
    refuse_unless(whole[0] in LENGTHS and len(whole) in LENGTHS[whole[0]])
    form = FORM[whole[0]]
    secret = keys.get((int.from_bytes(whole[1:3], "big"), form))
    if secret is None:
        raise Refused("issuerUnknown")
    body, proof = whole[: -PROOF[whole[0]]], whole[-PROOF[whole[0]] :]
    if not is_proven(form, secret, body, proof):
        raise Refused("passForged")
    return claims_of(body), body


def code_of_pass(secret, body):
    return "%06d" % (int.from_bytes(mac(secret, b"postern pass code\0", body)[:6], "big") % 1000000)


def horizon_of(digits):
    return 65536 if digits == 10 else 1048576


def f(secret, digits, epoch, n, r):
    message = bytes([digits]) + epoch.to_bytes(4, "big") + bytes([n]) + r.to_bytes(4, "big")
    return int.from_bytes(mac(secret, b"postern code\0", message)[:6], "big")


def read_code(secret, digits, code, now):
    """now in units. Gives start in units, minutes, once, n and serial; None where it is no code of this key."""
    half, horizon = digits // 2, horizon_of(digits)
    for epoch in (now // horizon, now // horizon - 1, now // horizon + 1):
        if epoch < 0:
            continue
        l, r = int(code[:half]), int(code[half:])
        for n in range(9, -1, -1):
            l, r = (r - f(secret, digits, epoch, n, l)) % 10**half, l
        x = l * 10**half + r
        if x < horizon * 128:
            return {
                "start": epoch * horizon + x // 128,
                "minutes": MINUTES[x // 4 % 32],
                "once": bool(x & 2),
                "n": x & 1,
                "serial": epoch * horizon * 128 + x,
            }
    return None


def check(vectors):
    problems = []
    for one in vectors["passes"]:
        secret = bytes.fromhex(one["secret"])
        try:
            claims, body = read_pass(one["text"], {(one["claims"]["key"], one["form"]): secret})
        except Refused as refused:
            problems.append(f"{one['name']}: {refused}")
            continue
        code = code_of_pass(secret, body) if one["form"] == "mac" else None
        if (claims, body.hex(), code) != (one["claims"], one["body"], one["code"]):
            problems.append(f"{one['name']}: read as {claims}, {body.hex()}, {code}")
    for one in vectors["refused"]:
        try:
            read_pass(one["text"], {(one["number"], one["form"]): bytes.fromhex(one["secret"])})
            problems.append(f"{one['name']}: taken")
        except Refused as refused:
            if str(refused) != one["reason"]:
                problems.append(f"{one['name']}: {refused}")
    for one in vectors["codes"]:
        expected = {name: one[name] for name in ("start", "minutes", "once", "n", "serial")}
        read = read_code(bytes.fromhex(one["secret"]), one["digits"], one["code"], one["start"])
        if read != expected:
            problems.append(f"{one['code']}: read as {read}")
    return problems


if __name__ == "__main__":
    given = json.load(sys.stdin) if "-" in sys.argv else json.loads(pathlib.Path(__file__).with_suffix(".json").read_text())
    found = check(given)
    print("\n".join(found) or "All vectors agree.")
    sys.exit(1 if found else 0)
