import { postJson } from "./kit/csrf.ts";
import { toast } from "./kit/toast.ts";
import { word } from "./kit/words.ts";
import { toBase64url, toBytes } from "./logic/passkey.ts";

// A passkey made (data-mode="create") or used (data-mode="get"): options from data-options-url, the answer to
// data-verify-url, which says where to go: {"next": "/compte"}.

interface Descriptor {
  id: string;
  type: "public-key";
  transports?: AuthenticatorTransport[];
}

interface OptionsJson {
  challenge: string;
  user?: { id: string; name: string; displayName: string };
  excludeCredentials?: Descriptor[];
  allowCredentials?: Descriptor[];
  [name: string]: unknown;
}

export function passkey(button: HTMLElement): void {
  if (!("PublicKeyCredential" in window)) return;
  button.hidden = false;
  button.addEventListener("click", (event) => {
    event.preventDefault();
    button.setAttribute("aria-busy", "true");
    void run(button).finally(() => button.removeAttribute("aria-busy"));
  });
}

async function run({ dataset }: HTMLElement): Promise<void> {
  try {
    const options = await postJson<OptionsJson>(dataset.optionsUrl ?? "", {});
    const publicKey = fromJson(options);
    const credential =
      dataset.mode === "create"
        ? await navigator.credentials.create({ publicKey: publicKey as unknown as PublicKeyCredentialCreationOptions })
        : await navigator.credentials.get({ publicKey: publicKey as unknown as PublicKeyCredentialRequestOptions });
    if (!(credential instanceof PublicKeyCredential)) return;
    const { next } = await postJson<{ next?: string }>(dataset.verifyUrl ?? "", toJson(credential));
    location.assign(next?.startsWith("/") ? next : "/compte");
  } catch (error) {
    // Closing the system's own window is a choice, not a failure.
    if (!(error instanceof DOMException && error.name === "NotAllowedError")) toast(word("passkey_failed"));
  }
}

function fromJson(options: OptionsJson): Record<string, unknown> {
  const credentials = (list: Descriptor[] | undefined) => list?.map((one) => ({ ...one, id: toBytes(one.id) }));
  return {
    ...options,
    challenge: toBytes(options.challenge),
    ...(options.user ? { user: { ...options.user, id: toBytes(options.user.id) } } : {}),
    ...(options.excludeCredentials ? { excludeCredentials: credentials(options.excludeCredentials) } : {}),
    ...(options.allowCredentials ? { allowCredentials: credentials(options.allowCredentials) } : {}),
  };
}

function toJson(credential: PublicKeyCredential): Record<string, unknown> {
  const { response } = credential;
  const shared = { clientDataJSON: toBase64url(response.clientDataJSON) };
  return {
    id: credential.id,
    rawId: toBase64url(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: response instanceof AuthenticatorAttestationResponse ? { ...shared, ...attestation(response) } : { ...shared, ...assertion(response as AuthenticatorAssertionResponse) },
  };
}

function attestation(response: AuthenticatorAttestationResponse): Record<string, unknown> {
  return { attestationObject: toBase64url(response.attestationObject), transports: response.getTransports() };
}

function assertion(response: AuthenticatorAssertionResponse): Record<string, unknown> {
  return {
    authenticatorData: toBase64url(response.authenticatorData),
    signature: toBase64url(response.signature),
    userHandle: response.userHandle ? toBase64url(response.userHandle) : null,
  };
}
