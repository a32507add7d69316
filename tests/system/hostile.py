"""hostile.py - runs 200 programs with hostile names and arguments, and reads back what the agent wrote.

hostile.py play VICTIM DIR         runs them, writes DIR/expected
hostile.py check DIR JSON TEXT     asserts about the records
"""
import json
import os
import pickle
import random
import sys
import unicodedata

# As this Python's Unicode has them: format characters, and blanks that are no blank.
INVISIBLE = "".join(c for c in map(chr, range(0x110000)) if unicodedata.category(c) in ("Cf", "Zl", "Zp", "Zs") and c != " ")
NASTY = [
    b"\n", b"\r\n", b"\t", b"\x1b[31m", b"\x1b]0;title\x07", b"\x01\x02\x03", b"\x7f", b'"', b'\\"', b"'", b"\\", b"\\u0000",
    b"\x1d", b"\x1e\x1f", b"\xc3", b"\xc3\x28", b"\xe2\x82", b"\xf0\x9f\x98", b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80", "ü".encode(), "\u202e".encode(), "\u2028".encode(), "\x85".encode(), "\x9b".encode(), "😀".encode(),
    "ss\u200bhd".encode(), "sshd\U000e0041".encode(),
    b"{}", b'","pid":1,"x":"', b"%s%n", b" ", b"  ", b"=", b",", b"key=value", b"<13>", b"\x80", b"\xbf\xbf",
]


def names():
    rng = random.Random(1)
    for i in range(200):
        if i < len(NASTY):
            name = b"h" + NASTY[i] + b"%d" % i
            args = [NASTY[i], b"a" + NASTY[i] + b"b"]
        else:
            name = b"%d" % i + bytes(rng.choice([c for c in range(1, 256) if c != 47]) for _ in range(rng.randint(1, 100)))
            args = [bytes(rng.randint(1, 255) for _ in range(rng.randint(0, 40))) for _ in range(rng.randint(0, 6))]
        if i % 25 == 0:
            args.append((NASTY[i % len(NASTY)] + b"x") * 4096)
            args[-1] = args[-1][:4096]
        if i == 2:
            args.append(INVISIBLE.encode())
        if i % 40 == 1:
            args += [b""] * 5
        yield name, args


def play(victim, where):
    expected = {}
    for i, (name, args) in enumerate(names()):
        path = os.path.join(os.fsencode(where), name)
        os.link(victim, path)
        argv = [path, b"--comm", name[:15], b"--delay", b"20", b"exit", b"%d" % (i % 256)] + args
        pid = os.posix_spawn(path, argv, {})
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == i % 256
        expected[pid] = (path, argv, i % 256)
    with open(os.path.join(where, "expected"), "wb") as f:
        pickle.dump(expected, f)


def printable(data, what):
    text = data.decode("utf-8")  # raises where it is none
    for c in text:
        hidden = unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") or (unicodedata.category(c) == "Zs" and c != " ")
        assert not hidden, "%s: invisible character %r in %r" % (what, c, text[:300])


def check(where, json_file, text_file):
    with open(os.path.join(where, "expected"), "rb") as f:
        expected = pickle.load(f)
    exits, execs = {}, {}
    with open(json_file, "rb") as f:
        lines = f.read().split(b"\n")
    assert lines.pop() == b"", "the last line is not ended"
    for line in lines:
        printable(line, "json")
        record = json.loads(line, parse_constant=lambda c: 1 / 0)
        if record["event"] in ("exit", "exec"):
            seen = exits if record["event"] == "exit" else execs
            assert record["pid"] not in seen, "told twice: %r" % record
            seen[record["pid"]] = record
    assert set(exits) == set(expected) == set(execs), "%d exits, %d execs" % (len(exits), len(execs))
    for pid, (path, argv, code) in expected.items():
        record = exits[pid]
        assert record["exit_code"] == code
        for key, want in (("exe", path), ("comm", argv[2])):
            try:
                want = want.decode("utf-8")
            except UnicodeDecodeError:
                continue  # how a broken byte is shown is the agent's choice
            assert record[key] == want, (key, record[key], want)
        assert len(record["args"]) <= len(argv)
        for i, (got, want) in enumerate(zip(record["args"], argv)):
            try:
                want = want.decode("utf-8")
            except UnicodeDecodeError:
                continue
            if len(want) < 1000 and i < len(record["args"]) - 1:
                assert got == want, (i, got, want)
    with open(text_file, "rb") as f:
        lines = f.read().split(b"\n")
    assert lines.pop() == b""
    for line in lines:
        printable(line, "text")
    # One line each, and nothing of a name became a line of its own.
    assert len(lines) >= 400, len(lines)
    print("%d records" % len(lines))


if sys.argv[1] == "play":
    play(sys.argv[2], sys.argv[3])
else:
    check(*sys.argv[2:5])
