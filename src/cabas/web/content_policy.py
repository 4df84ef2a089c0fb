"""What a page of ours may load, and where its forms may lead."""


def content_policy(forms_also_to: str = "") -> str:
    """:param forms_also_to: an origin that a form may lead to, by a redirect too: ``https://bank.example``."""
    forms = f"'self' {forms_also_to}".rstrip()
    return (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none';"
        f" form-action {forms}; frame-ancestors 'none'"
    )
