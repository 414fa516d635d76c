"""Makes the emulator's access control as strict as AWS's, and a little faster."""

import functools
from typing import Any

from ministack import app as ministack
from ministack.core import iam_evaluator
from ministack.services import sts

POLICIES_REMEMBERED = 1024
"""Policy documents whose parsed form is kept; the stack has a few dozen."""


def tighten() -> None:
    """Change ministack's access control for this process."""
    _refuse_root_keys()
    _count_as_encrypted()
    _remember_parsed_policies()


def _refuse_root_keys() -> None:
    """Let no key act as the account's root user.

    ministack takes the key `test`, every 12-digit key and requests with a foreign Authorization
    header for root, and does not check root's signature. Here every request must be signed by a
    key that was given out.
    """
    iam_evaluator.is_root_access_key = _nobody
    sts.is_root_access_key = _nobody


def _count_as_encrypted() -> None:
    """Let requests count as made over TLS, which bucket policies ask for.

    They are plain HTTP, but never leave the machine.
    """
    pin = iam_evaluator.pin_request_origin
    ministack.pin_request_origin = lambda address, _: pin(address, True)


def _remember_parsed_policies() -> None:
    """Parse each policy document once instead of twice a request."""
    parse = iam_evaluator.parse_policy_document
    parse_text = functools.lru_cache(POLICIES_REMEMBERED)(parse)

    def parse_policy_document(document: Any) -> Any:
        return parse_text(document) if isinstance(document, str) else parse(document)

    iam_evaluator.parse_policy_document = parse_policy_document


def _nobody(_access_key_id: str) -> bool:
    return False
