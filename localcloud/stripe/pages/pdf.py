"""A PDF of a few lines of text, after the PDF reference 1.4: one page, one built-in font."""

LINES_PER_PAGE = 48
"""Lines of 14 points that fit on a page below its title."""


def document(title: str, lines: list[str]) -> bytes:
    """The whole file; characters outside of Latin-1 become question marks."""
    pages = [lines[at : at + LINES_PER_PAGE] for at in range(0, len(lines), LINES_PER_PAGE)] or [[]]
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    objects.append(
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>"
    )
    numbers = []
    for page in pages:
        stream = _stream(title, page)
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        content = len(objects)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>" % content
        )
        numbers.append(len(objects))
    kids = b" ".join(b"%d 0 R" % number for number in numbers)
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(numbers))
    return _file(objects)


def _stream(title: str, lines: list[str]) -> bytes:
    shown = [b"BT /F1 16 Tf 50 780 Td (%s) Tj /F1 10 Tf 0 -30 Td 14 TL" % _escape(title)]
    shown += [b"(%s) Tj T*" % _escape(line) for line in lines]
    return b"\n".join([*shown, b"ET"])


def _escape(text: str) -> bytes:
    raw = text.encode("latin-1", "replace")
    for special in (b"\\", b"(", b")"):
        raw = raw.replace(special, b"\\" + special)
    return raw


def _file(objects: list[bytes]) -> bytes:
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return body + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (size, table, size, len(body))
    )
