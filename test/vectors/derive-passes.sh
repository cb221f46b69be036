#!/bin/bash
# Writes passes.json with openssl and bc alone: bodies laid out by hand from docs/passes.md, proofs and digits computed by tools that
# share nothing with either implementation.
set -euo pipefail

macSecret=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
otherMacSecret=ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
codeSecret=202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f
# RFC 8032, section 7.1, test 1.
edSeed=9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60
edPublic=d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

hexOf() { printf "$1" | xxd -p | tr -d '\n'; }
hmac() { printf %s "$2" | xxd -r -p | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$1" -binary | xxd -p | tr -d '\n'; }
ed25519() {
  printf %s "302e020100300506032b657004220420$1" | xxd -r -p >"$work/key.der"
  printf %s "$2" | xxd -r -p >"$work/message"
  openssl pkeyutl -sign -inkey "$work/key.der" -keyform DER -rawin -in "$work/message" | xxd -p | tr -d '\n'
}
# So many digits has the largest number of that many bytes.
digitsOf() { printf %s "$(echo "2^(8*$1)-1" | BC_LINE_LENGTH=0 bc)" | wc -c; }
textOf() {
  local number width
  number=$(echo "ibase=16; $(printf %s "$1" | tr a-f A-F)" | BC_LINE_LENGTH=0 bc)
  width=$(digitsOf $((${#1} / 2)))
  while [ ${#number} -lt "$width" ]; do number=0$number; done
  printf %s "$number"
}
quoted() { printf '"%s"' "$1"; }

first=1
entry() { [ $first = 1 ] || printf ',\n'; first=0; printf '    %s' "$1"; }

# name, secret, claims as JSON, body in hex (blanks separate its fields)
macPass() {
  local body=${4// /} proof code text
  proof=$(hmac "$2" "$(hexOf 'postern pass\0')$body")
  code=$((16#$(hmac "$2" "$(hexOf 'postern pass code\0')$body" | cut -c1-12) % 1000000))
  text=$(textOf "$body${proof:0:16}")
  entry "{ \"name\": $(quoted "$1"), \"form\": \"mac\", \"secret\": $(quoted "$2"), \"claims\": $3, \"body\": $(quoted "$body"), \"code\": $(quoted "$(printf %06d $code)"), \"text\": $(quoted "$text") }"
}
signedPass() {
  local body=${3// /}
  entry "{ \"name\": $(quoted "$1"), \"form\": \"signed\", \"secret\": $(quoted $edPublic), \"claims\": $2, \"body\": $(quoted "$body"), \"code\": null, \"text\": $(quoted "$(textOf "$body$(ed25519 $edSeed "$(hexOf 'postern pass\0')$body")")") }"
}
claims() { # key serial from until places uses recurrence floors code revokes
  printf '{ "key": %s, "serial": %s, "from": %s, "until": %s, "places": %s, "uses": %s, "recurrence": %s, "floors": %s, "code": %s, "revokes": %s }' "$@"
}

printf '{\n  "epochUnixSeconds": 1735689600,\n  "passes": [\n'
# 2026-11-26T08:00Z is minute 999840 (hex 0f41a0); two hours later is 0f4218; 30 days later is 1043040 (hex 0fea60).
macPass "all places, two hours" $macSecret "$(claims 7 1 999840 999960 null null null null false null)" \
  "11 0007 000001 0f41a0 0f4218 00"
macPass "one place, one opening at each door" $macSecret \
  "$(claims 7 1234 999840 999960 '[2]' '{ "count": 1, "over": "door" }' null null false null)" \
  "11 0007 0004d2 0f41a0 0f4218 60 02 01"
macPass "one opening over all doors, with a code, in 16 places" $macSecret \
  "$(claims 7 1235 999840 999960 '[1, 9, 16]' '{ "count": 1, "over": "all" }' null null true null)" \
  "11 0007 0004d3 0f41a0 0f4218 a2 8101 81"
# Fridays and Saturdays (1<<4 | 1<<5 = 0x30) from 22:00 (1320) for 4 hours (240): 1320<<18 | 240<<7 | 0x30 = 0x14a07830.
macPass "over midnight on Fridays and Saturdays" $macSecret \
  "$(claims 7 1236 999840 1043040 '[1]' null '{ "start": 1320, "minutes": 240, "days": ["fri", "sat"] }' null false null)" \
  "11 0007 0004d4 0f41a0 0fea60 50 01 14a07830"
macPass "revokes one pass and all up to another" $macSecret \
  "$(claims 7 1300 999840 999960 null null null null false '{ "upTo": 1200, "serials": [1234] }')" \
  "11 0007 000514 0f41a0 0f4218 01 82 0004b0 0004d2"
# Every field at once: 4 bytes of places (1 and 32), daily from 08:00 (480) for 12 hours (720): 480<<18 | 720<<7 | 0x7f = 0x0781687f.
macPass "everything at once" $macSecret \
  "$(claims 65535 16777215 0 16777215 '[1, 32]' '{ "count": 127, "over": "all" }' '{ "start": 480, "minutes": 720, "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] }' '[1, 16]' true '{ "upTo": null, "serials": [5, 70000] }')" \
  "11 ffff ffffff 000000 ffffff fb 80000001 ff 0781687f 8001 02 000005 011170"
signedPass "signed, all places, two hours" "$(claims 8 1 999840 999960 null null null null false null)" \
  "12 0008 000001 0f41a0 0f4218 00"
signedPass "signed, the floors of the resident, three openings" \
  "$(claims 8 2 999840 1043040 '[1]' '{ "count": 3, "over": "door" }' null '"person"' false null)" \
  "12 0008 000002 0f41a0 0fea60 64 01 03"
# Mondays from 00:00 for a day: 0<<18 | 1440<<7 | 1 = 0x0002d001.
signedPass "signed, as long as it may be" \
  "$(claims 8 3 999840 1043040 '[1, 16]' '{ "count": 1, "over": "all" }' '{ "start": 0, "minutes": 1440, "days": ["mon"] }' null false '{ "upTo": 2, "serials": [] }')" \
  "12 0008 000003 0f41a0 0fea60 b1 8001 81 0002d001 81 000002"
printf '\n  ],\n  "refused": [\n'
first=1
# name, key's number, form, secret it is checked with, reason, body, secret it was made with
refusedMac() {
  local body=${3// /}
  entry "{ \"name\": $(quoted "$1"), \"number\": 7, \"form\": \"mac\", \"secret\": $(quoted $macSecret), \"reason\": $(quoted "$2"), \"text\": $(quoted "$(textOf "$body$(hmac "${4:-$macSecret}" "$(hexOf 'postern pass\0')$body" | cut -c1-16)")") }"
}
refusedMac "another secret" passForged "11 0007 000001 0f41a0 0f4218 00" $otherMacSecret
refusedMac "another key's number" issuerUnknown "11 0009 000001 0f41a0 0f4218 00"
refusedMac "the other form, in a length that it does not have" passUnreadable "12 0007 000001 0f41a0 0f4218 00"
refusedMac "a version to come" passUnreadable "21 0007 000001 0f41a0 0f4218 00"
refusedMac "ends when it begins" passUnreadable "11 0007 000001 0f41a0 0f41a0 00"
refusedMac "serial 0" passUnreadable "11 0007 000000 0f41a0 0f4218 00"
refusedMac "a byte too many" passUnreadable "11 0007 000001 0f41a0 0f4218 00 00"
refusedMac "a byte too few" passUnreadable "11 0007 000001 0f41a0 0f4218 40"
refusedMac "no place" passUnreadable "11 0007 000001 0f41a0 0f4218 40 00"
refusedMac "no use" passUnreadable "11 0007 000001 0f41a0 0f4218 20 80"
refusedMac "no weekday" passUnreadable "11 0007 000001 0f41a0 0f4218 10 14a07800"
refusedMac "begins at 24:00" passUnreadable "11 0007 000001 0f41a0 0f4218 10 16807830"
refusedMac "lasts 1441 minutes" passUnreadable "11 0007 000001 0f41a0 0f4218 10 14a2d0b0"
refusedMac "a bit where zeros belong" passUnreadable "11 0007 000001 0f41a0 0f4218 10 34a07830"
refusedMac "a kind of floors to come" passUnreadable "11 0007 000001 0f41a0 0f4218 0c 0001"
refusedMac "no floor" passUnreadable "11 0007 000001 0f41a0 0f4218 08 0000"
refusedMac "revokes nothing" passUnreadable "11 0007 000001 0f41a0 0f4218 01 00"
refusedMac "revokes itself" passUnreadable "11 0007 000005 0f41a0 0f4218 01 01 000005"
refusedMac "revokes seven" passUnreadable "11 0007 0000ff 0f41a0 0f4218 01 07 000001 000002 000003 000004 000005 000006 000007"
body=1200070000010f41a00f421800
entry "{ \"name\": \"the other form\", \"number\": 7, \"form\": \"mac\", \"secret\": $(quoted $macSecret), \"reason\": \"issuerUnknown\", \"text\": $(quoted "$(textOf "$body$(ed25519 $edSeed "$(hexOf 'postern pass\0')$body")")") }"
entry "{ \"name\": \"a number that does not fit in its bytes\", \"number\": 7, \"form\": \"mac\", \"secret\": $(quoted $macSecret), \"reason\": \"passUnreadable\", \"text\": $(quoted "$(printf '9%.0s' $(seq 51))") }"
entry "{ \"name\": \"no length that a pass has\", \"number\": 7, \"form\": \"mac\", \"secret\": $(quoted $macSecret), \"reason\": \"passUnreadable\", \"text\": $(quoted "$(printf '1%.0s' $(seq 52))") }"
printf '\n  ],\n  "codes": [\n'
first=1
# digits, start in units, place in the table of durations, its minutes, once, n
code() {
  local half modulus horizon epoch x l r f round
  half=$(($1 / 2)); modulus=$((10 ** half)); horizon=$(($1 == 10 ? 65536 : 1048576))
  epoch=$(($2 / horizon)); x=$((($2 % horizon) * 128 + $3 * 4 + $5 * 2 + $6))
  l=$((x / modulus)); r=$((x % modulus))
  for round in 0 1 2 3 4 5 6 7 8 9; do
    f=$((16#$(hmac $codeSecret "$(hexOf 'postern code\0')$(printf %02x%08x%02x%08x "$1" $epoch $round $r)" | cut -c1-12)))
    read -r l r <<<"$r $(((l + f) % modulus))"
  done
  entry "{ \"secret\": $(quoted $codeSecret), \"digits\": $1, \"start\": $2, \"minutes\": $4, \"once\": $([ "$5" = 1 ] && echo true || echo false), \"n\": $6, \"serial\": $((epoch * horizon * 128 + x)), \"code\": $(quoted "$(printf "%0${half}d%0${half}d" $l $r)") }"
}
code 12 999840 4 90 1 0
code 12 999841 4 90 1 1
code 12 999840 31 44640 0 0
code 12 2097151 0 15 0 1
code 12 2097152 0 15 0 1
code 12 0 0 15 0 0
code 10 66656 0 15 1 0
code 10 66656 18 1440 0 1
code 10 65535 2 45 0 0
code 10 131071 31 44640 1 1
printf '\n  ]\n}\n'
