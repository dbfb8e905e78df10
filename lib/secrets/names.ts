/** What a name says of its value: a password may be any word, a secret a phrase, a key only what machines write. */
export type Kind = 'password' | 'secret' | 'key';

const PASSWORD =
  /^(?:pass|pwd|pw|psk|pass(?:wd|word|phrase|code|wort)s?|\w{0,20}(?:password|passwd|passphrase)|(?:db|my|my?sql|user|root|admin|smtp|mail|ftp|ssh|wifi|pg|redis|sudo|become|default|http|auth|ldap|bind|sa)(?:pass|pwd))$/;
const SECRET =
  /^(?:secrets?|credentials?|creds?|passkey|salt|(?:client|app|my|jwt|shared|webhook|consumer|session|auth|api|aws)secret|(?:db|user|my)creds?)$/;
const KEY =
  /^(?:tokens?|auth|authorization|\w{0,20}(?:apikey|accesskey|secretkey|authkey|privatekey|signingkey|encryptionkey|sharedkey)s?|(?:access|auth|api|bot|user|session|bearer|refresh|github|gitlab|slack|npm|oauth|id)token|sharedaccesssignature|apisecret|authcode)$/;
/** `signing key` is one, `primary key` is none. */
const OF_KEY =
  /^(?:access|account|api|app|application|auth|client|consumer|cookie|crypto|deploy|encrypt|encryption|hmac|integration|jwt|licen[cs]e|logged|login|manage|master|nonce|personal|private|secret|secure|server|service|session|shared|sign|signature|signing|storage|subscription|vault|webhook|aes|des)$/;

/** The last word of a name that holds something about a secret, not the secret. */
const ABOUT =
  /^(?:files?|filename|paths?|dir|folder|names?|urls?|uri|endpoints?|hosts?|types?|kind|ids?|length|len|size|count|counts|limit|min|max|ttl|expiry|expires|expired|expiration|timeout|age|in|at|by|fields?|regexp?|pattern|policy|policies|rules?|strength|headers?|params?|parameters?|prefix|suffix|errors?|message|msg|labels?|title|hint|placeholder|prompt|provider|service|manager|handler|helper|generator|factory|class|version|arn|refs?|reference|enabled|disabled|required|optional|valid|invalid|index|format|mode|method|algorithm|algo|alg|scheme|schema|model|input|form|page|view|screen|route|link|event|action|status|state|scopes?|roles?|user|username|email|issuer|audience|reset|forgot|change|changed|usage|used|budget|num|number|column|col|table|attr|attribute|property|props?|validator|visible|hidden|digest|sha|checksum|fingerprint|thumbprint|template|example|description|desc|docs?|help|info|rotation|interval|period|date|time|days?|seconds|minutes|hours|group|list|cache|pool|queue|lock|env|var|variable|spec|config|settings|options?|opts|plugin|module|package|lib|library|provided|exists|missing|found|check|tests?|mount|mounts|store|response|request|callback|function|fn|func|factory|exchange|grant|bucket|symbol|alias|icon|image|color|colour|style)$/;
const PUBLIC =
  /^(?:public|pub|publishable|no|not|without|forgot|forgotten|reset|change|confirm|verify|invalid|wrong|incorrect|missing)$/;

const CAMEL = /([a-z0-9])(?=[A-Z])|([A-Z])(?=[A-Z][a-z])/g;
const known = new Map<string, Kind | null>();
const MOST_KNOWN = 4_096;

/** What the value of a name is, by the words of the name: `DB_PASSWORD`, `clientSecret`, `x-api-key`; null for others. */
export function kindOf(name: string): Kind | null {
  let kind = known.get(name);
  if (kind === undefined) {
    kind = read(name);
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(name, kind);
  }
  return kind;
}

function read(name: string): Kind | null {
  const words = name
    .replace(CAMEL, '$1$2_')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .map((word) => word.replace(/\d+$/, ''))
    .filter((word) => word !== '');
  const last = words.at(-1) ?? '';
  if (ABOUT.test(last) || (words.length > 1 && words.slice(0, -1).some((word) => PUBLIC.test(word))))
    return null;
  let kind: Kind | null = null;
  for (const [at, word] of words.entries()) {
    if (PASSWORD.test(word)) return 'password';
    if (SECRET.test(word)) kind = 'secret';
    else if (KEY.test(word)) kind ??= 'key';
    else if ((word === 'key' || word === 'keys') && OF_KEY.test(words[at - 1] ?? '')) kind ??= 'key';
  }
  return kind;
}
