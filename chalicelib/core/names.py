"""What people may call things: any script, and nothing that hides or reorders what others read.

Names are kept in Unicode's composed form (NFC), so that a name typed on one machine and the same
name typed on another are one name. Joiners, variation selectors and tag characters belong to emoji
and to scripts, and stay.
"""

import re
import unicodedata

from chalicelib.core.errors import Invalid

_REASONS = {
    "Cc": "a control character",
    "Cs": "half of a character (a lone surrogate)",
    "Zl": "a line separator",
    "Zp": "a paragraph separator",
}
"""General categories that no name may hold, and what they are."""

_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that reorder the text around them (Unicode Standard Annex 9, explicit directional
formatting). Marks such as U+200F do not, and stay."""

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs", "Mn", "Me"})
"""General categories that show nothing by themselves."""

_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that are drawn as nothing: fillers of Hangul, the empty Braille pattern."""

_ATTACHED = frozenset({"Mn", "Mc", "Me", "Cf"})
"""General categories that belong to the character before them."""

_JOINER = "\u200d"

_UNSEEN_AT_ENDS = "\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff"
"""What a paste leaves around a text, seen by nobody: two names would look like one. Joiners, which
change how letters look, and tags, which end flags, are none of it (Unicode Standard, 23.2)."""


def clean(text: str, *, field: str = "name") -> str:
    """The name that somebody typed, composed and without blanks around it.

    Raises `Invalid` for `field`, saying which character can't be in a name, or that nothing is
    left to be seen.
    """
    name = re.sub(" {2,}", " ", composed(trimmed(text)))
    for character in name:
        if reason := _refusal(character):
            raise Invalid(
                f"A name can't hold {reason} (U+{ord(character):04X}). Remove it, and try again.",
                code="bad_name",
                field=field,
            )
    if not _shows(name):
        raise Invalid("Give it a name that can be seen.", code="bad_name", field=field)
    return name


def trimmed(text: str) -> str:
    """A text without what nobody sees at its ends."""
    while (shorter := text.strip().strip(_UNSEEN_AT_ENDS)) != text:
        text = shorter
    return text


def composed(text: str) -> str:
    """A text in the form in which names are kept and compared."""
    return unicodedata.normalize("NFC", text)


def tamed(text: str) -> str:
    """A name that others chose, as GitHub tells it, without what no name may hold; "" if empty."""
    kept = (" " if _refusal(character) else character for character in text)
    name = composed(trimmed(" ".join("".join(kept).split())))
    return name if _shows(name) else ""


def holds(text: str) -> bool:
    """Whether a text has nothing in it that no name may hold."""
    return not any(map(_refusal, text))


def _refusal(character: str) -> str | None:
    if character in _OVERRIDES:
        return "a character that reorders text"
    return _REASONS.get(unicodedata.category(character))


def _shows(name: str) -> bool:
    return any(
        unicodedata.category(character) not in _INVISIBLE and character not in _BLANK
        for character in name
    )


def shortened(name: str, *, characters: int, size: int | None = None) -> str:
    """The beginning of a name, of so many characters and bytes of UTF-8 at most.

    No letter loses its marks and no emoji falls apart.
    """
    end = min(characters, len(name))
    while size is not None and len(name[:end].encode()) > size:
        end -= 1
    while 0 < end < len(name) and _is_inside(name, end):
        end -= 1
    return name[:end]


def _is_inside(name: str, position: int) -> bool:
    """Whether a cut here would part what belongs together."""
    following = unicodedata.category(name[position]) in _ATTACHED
    return following or name[position - 1] == _JOINER
