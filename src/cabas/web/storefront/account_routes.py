"""The account's routes, all on one page, under /compte."""

from litestar import Router

from cabas.web.storefront import (
    account_addresses,
    account_details,
    account_entry,
    account_overview,
    account_passkeys,
    account_privacy,
    account_sessions,
)
from cabas.web.storefront.account_access import AccountSignInNeeded, to_sign_in

ROUTER = Router(
    "/compte",
    route_handlers=[
        account_entry.sign_in_page,
        account_entry.sign_in,
        account_entry.sign_up_page,
        account_entry.sign_up,
        account_entry.sign_out,
        account_overview.overview,
        account_overview.orders_page,
        account_details.details_page,
        account_details.change_details,
        account_details.email_page,
        account_details.change_email,
        account_details.password_page,
        account_details.change_password,
        account_details.preferences_page,
        account_details.change_preferences,
        account_addresses.addresses_page,
        account_addresses.new_page,
        account_addresses.add,
        account_addresses.change_page,
        account_addresses.change,
        account_addresses.remove,
        account_passkeys.passkeys_page,
        account_passkeys.registration_options,
        account_passkeys.register,
        account_passkeys.remove,
        account_passkeys.authentication_options,
        account_passkeys.sign_in_by_passkey,
        account_sessions.sessions_page,
        account_sessions.end_one,
        account_sessions.end_others,
        account_privacy.data_page,
        account_privacy.data_file,
        account_privacy.erasure_page,
        account_privacy.confirmation_page,
        account_privacy.prove_by_passkey,
        account_privacy.erase,
    ],
    exception_handlers={AccountSignInNeeded: to_sign_in},
)
