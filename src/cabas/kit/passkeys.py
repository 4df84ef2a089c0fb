"""
WebAuthn by the `webauthn` library: options for the browser, and the proof of its answers.

Import it where it is used: its libraries take 0.3 s to load, which a process that meets no
passkey shouldn't pay.
"""

from collections.abc import Sequence

import msgspec
import webauthn
from webauthn.helpers import base64url_to_bytes, options_to_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from cabas.kit.errors import Invalid

ANSWER_LENGTH_MAX = 20_000
_VERIFIED = UserVerificationRequirement.REQUIRED


class BadAnswer(Invalid):
    """What the browser sent doesn't hold."""

    code = "passkey_refused"


class NewPasskey(msgspec.Struct, frozen=True, kw_only=True):
    credential_id: bytes
    public_key: bytes
    """COSE."""
    sign_count: int


class NamedPasskey(msgspec.Struct, frozen=True, kw_only=True):
    """Which passkey an answer says it is, and whose; nothing is proved yet."""

    credential_id: bytes
    user_handle: bytes | None


class _Response(msgspec.Struct, rename="camel"):
    user_handle: str | None = None


class _Answer(msgspec.Struct, rename="camel"):
    raw_id: str
    response: _Response


def registration_options(
    *,
    rp_id: str,
    rp_name: str,
    user_id: bytes,
    user_name: str,
    display_name: str,
    challenge: bytes,
    known: Sequence[bytes],
) -> str:
    """JSON for ``navigator.credentials.create``: a passkey the browser can find again by itself."""
    return options_to_json(
        webauthn.generate_registration_options(
            rp_id=rp_id,
            rp_name=rp_name,
            user_id=user_id,
            user_name=user_name,
            user_display_name=display_name,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_VERIFIED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=key) for key in known],
        )
    )


def authentication_options(*, rp_id: str, challenge: bytes) -> str:
    """JSON for ``navigator.credentials.get``. No list of keys is sent, so none can be read off."""
    return options_to_json(
        webauthn.generate_authentication_options(
            rp_id=rp_id, challenge=challenge, user_verification=_VERIFIED
        )
    )


def verify_registration(answer: str, *, challenge: bytes, rp_id: str, origin: str) -> NewPasskey:
    """:raises BadAnswer: it doesn't hold."""
    try:
        verified = webauthn.verify_registration_response(
            credential=_bounded(answer),
            expected_challenge=challenge,
            expected_rp_id=rp_id,
            expected_origin=origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError) as problem:
        raise BadAnswer from problem
    return NewPasskey(
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
    )


def named(answer: str) -> NamedPasskey:
    """:raises BadAnswer: it can't be read."""
    try:
        read = msgspec.json.decode(_bounded(answer), type=_Answer)
        handle = read.response.user_handle
        return NamedPasskey(
            credential_id=base64url_to_bytes(read.raw_id),
            user_handle=base64url_to_bytes(handle) if handle else None,
        )
    except (msgspec.DecodeError, ValueError) as problem:
        raise BadAnswer from problem


def verify_use(
    answer: str, *, challenge: bytes, rp_id: str, origin: str, public_key: bytes, sign_count: int
) -> int:
    """
    The new sign count. One that doesn't move forward is refused: it is the mark of a copied key.

    :raises BadAnswer: it doesn't hold.
    """
    try:
        return webauthn.verify_authentication_response(
            credential=_bounded(answer),
            expected_challenge=challenge,
            expected_rp_id=rp_id,
            expected_origin=origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        ).new_sign_count
    except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError) as problem:
        raise BadAnswer from problem


def _bounded(answer: str) -> str:
    if len(answer) > ANSWER_LENGTH_MAX:
        raise BadAnswer
    return answer
