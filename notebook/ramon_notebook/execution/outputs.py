"""The outputs of one execution, built from a kernel's messages as a page would build them."""

from __future__ import annotations

from typing import Any

MOST_STREAM_CHARS = 20_000_000
"""Characters of text kept of one execution; beyond, the middle is left out."""

Output = dict[str, Any]


class Outputs:
    """A cell's outputs in nbformat 4, one consecutive stream being one output."""

    def __init__(self) -> None:
        self._items: list[Output] = []
        self._stream: list[str] = []
        self._stream_chars = 0
        self._clear_next = False
        self._display_ids: dict[int, str] = {}

    def add(self, kind: str, content: dict[str, Any]) -> None:
        """Take in one message of the kernel; kinds that are no output are ignored."""
        if kind == "clear_output":
            self._clear_next = bool(content.get("wait"))
            if not self._clear_next:
                self._clear()
        elif kind == "stream":
            self._before_adding()
            self._add_text(content["name"], content["text"])
        elif kind in ("display_data", "execute_result", "error"):
            self._before_adding()
            self._add_output(kind, content)

    def update_display(self, display_id: str, content: dict[str, Any]) -> bool:
        """Change every output shown under this id; whether there was one."""
        numbers = [n for n, shown in self._display_ids.items() if shown == display_id]
        for number in numbers:
            self._items[number] |= {"data": content["data"], "metadata": content["metadata"]}
        return bool(numbers)

    def nbformat(self) -> list[Output]:
        """The outputs as a notebook file holds them."""
        self._join_stream()
        return [dict(item) for item in self._items]

    @property
    def can_be_updated(self) -> bool:
        """Whether a later cell may still change one of the displays."""
        return bool(self._display_ids)

    def restart(self, shown: list[Output]) -> None:
        """Go on from what a page shows: somebody may have cleared some of it there."""
        before, display_ids = self.nbformat(), self._display_ids
        self._items = [_joined(item) for item in shown]
        self._stream_chars = 0
        self._display_ids = {
            number: display_id
            for number, display_id in display_ids.items()
            if number < len(shown) and same(shown[number], before[number])
        }

    def messages(self) -> list[dict[str, Any]]:
        """The outputs as messages that, taken in by a page, give the same outputs again."""
        return [
            {"kind": item["output_type"], "content": self._content(number, item)}
            for number, item in enumerate(self.nbformat())
        ]

    def _content(self, number: int, item: Output) -> dict[str, Any]:
        content = {key: value for key, value in item.items() if key != "output_type"}
        if number in self._display_ids:
            content["transient"] = {"display_id": self._display_ids[number]}
        return content

    def _before_adding(self) -> None:
        if self._clear_next:
            self._clear_next = False
            self._clear()

    def _clear(self) -> None:
        self._items.clear()
        self._stream.clear()
        self._stream_chars = 0
        self._display_ids = {}

    def _add_text(self, name: str, text: str) -> None:
        last = self._items[-1] if self._items else None
        if last is None or last["output_type"] != "stream" or last["name"] != name:
            self._join_stream()
            self._items.append({"output_type": "stream", "name": name, "text": ""})
        self._stream.append(text)
        self._stream_chars += len(text)
        if self._stream_chars > 2 * MOST_STREAM_CHARS:
            self._join_stream()

    def _add_output(self, kind: str, content: dict[str, Any]) -> None:
        self._join_stream()
        fields = _FIELDS[kind]
        self._items.append({"output_type": kind} | {name: content[name] for name in fields})
        display_id = (content.get("transient") or {}).get("display_id")
        if display_id and kind == "display_data":
            self._display_ids[len(self._items) - 1] = display_id

    def _join_stream(self) -> None:
        """Put the text gathered so far into the last output, which it belongs to."""
        if not self._stream:
            return
        text = terminal_text(self._items[-1]["text"] + "".join(self._stream))
        if len(text) > MOST_STREAM_CHARS:
            half = MOST_STREAM_CHARS // 2
            left_out = len(text) - 2 * half
            text = f"{text[:half]}\n… {left_out} characters left out …\n{text[-half:]}"
        self._items[-1]["text"] = text
        self._stream.clear()
        self._stream_chars = len(text)


_FIELDS = {
    "display_data": ("data", "metadata"),
    "execute_result": ("data", "metadata", "execution_count"),
    "error": ("ename", "evalue", "traceback"),
}


def same(one: Any, other: Any) -> bool:
    """Whether two outputs, or lists of them, say the same: files may hold text in lines."""
    return bool(_normal(one) == _normal(other))


def begins(some: list[Output], outputs: list[Output]) -> bool:
    """Whether `some` are the beginning of `outputs`, but not all of them; nothing is none."""
    if not some or len(some) > len(outputs) or same(some, outputs):
        return False
    *before, last = some
    goes_on = outputs[len(before)]
    return same(before, outputs[: len(before)]) and (same(last, goes_on) or _cut(last, goes_on))


def _cut(output: Output, whole: Output) -> bool:
    """Whether this is the beginning of a stream's text."""
    streams = output.get("output_type") == whole["output_type"] == "stream"
    if not streams or output.get("name") != whole["name"]:
        return False
    return str(whole["text"]).startswith("".join(output.get("text") or ""))


def _normal(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _normal(item) for key, item in value.items()}
    if isinstance(value, list):
        if value and all(isinstance(item, str) for item in value):
            return "".join(value)
        return [_normal(item) for item in value]
    return value


def _joined(output: Output) -> Output:
    """An output of a file with its text in one piece."""
    text = output.get("text")
    return output | {"text": "".join(text)} if isinstance(text, list) else dict(output)


def terminal_text(text: str) -> str:
    """What remains to be seen of `text` where carriage returns write over their lines."""
    if "\r" not in text:
        return text
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(map(_overwritten, lines))


def _overwritten(line: str) -> str:
    shown = ""
    *parts, last = line.split("\r")
    for part in parts:
        shown = part + shown[len(part) :]
    if last == "" and parts:
        # The line may go on: keep the return, so that what comes next writes over it.
        return shown + "\r"
    return last + shown[len(last) :]
