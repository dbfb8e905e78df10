import type { Hit, Rule } from './hits.ts';
import { isFiller, isMachineMade, isReference, isSecret, isStandIn, isWeak } from './values.ts';

// What says itself what it is: tokens with a form of their own, addresses, headers, connection strings, files. Every
// quantifier is bounded. The value is the group `v`, or all of the match.

/** What a value must be, beyond its place. */
type Check = (value: string) => boolean;
type Format = { rule: string; words: readonly string[]; pattern: RegExp; check?: Check };

const isGiven: Check = (value) => !isReference(value);
const isPassword: Check = (value) => isSecret(value, 'password', 'quoted');
/** Credentials of basic authentication: `user:password` in base64. */
const isBasic: Check = (value) =>
  /^[\x20-\x7e]{1,200}:[\x20-\x7e]{1,200}$/.test(Buffer.from(value, 'base64').toString('latin1'));
const isBearer: Check = (value) =>
  !isStandIn(value) &&
  (isMachineMade(value) || (value.length >= 8 && /\d/.test(value) && /[a-z]/i.test(value)));

const FORMATS: readonly Format[] = [
  // RFC 7519: three base64url parts, the first two being JSON objects.
  { rule: 'jwt', words: ['eyJ'], pattern: /\beyJ[\w-]{8,1000}\.eyJ[\w-]{8,2000}\.[\w-]{16,700}/g },
  // The same once more in base64.
  { rule: 'jwt', words: ['ZXlK'], pattern: /\bZXlK[\w+/-]{60,4000}={0,2}/g },
  // Google: keys that begin with AIza, secrets of clients, tokens.
  { rule: 'google-api-key', words: ['AIza'], pattern: /\bAIza[\w-]{35}(?![\w-])/g },
  {
    rule: 'google',
    words: ['GOCSPX-', 'ya29.', '1//0'],
    pattern: /\b(?:GOCSPX-[\w-]{20,40}|ya29\.[\w-]{20,400}|1\/\/0[\w-]{20,200})/g,
  },
  // crypt(5) and Apache's htpasswd.
  {
    rule: 'password-hash',
    words: ['$1$', '$2', '$5$', '$6$', '$7$', '$y$', '$apr1$', '$argon2'],
    pattern: /\$(?:1|2[aby]?|5|6|7|y|apr1|argon2(?:id?|d))\$[./A-Za-z0-9$=,+]{20,250}/g,
  },
  // Tokens whose prefix is their issuer's, as their issuers and gitleaks' public list of rules describe them.
  {
    rule: 'token',
    words: [
      'pypi-',
      'rubygems_',
      'sqp_',
      'sqa_',
      'squ_',
      'dop_v1_',
      'doo_v1_',
      'PMAK-',
      'NRAK-',
      'AGE-SECRET-KEY-1',
      'sbp_',
      'pul-',
      'dp.pt.',
      'lin_api_',
      'EAAC',
      'xkeysib-',
      'gsk_',
      'r8_',
      'pplx-',
      'sq0',
      'whsec_',
      'sk.eyJ',
      'hvs.',
      'hvb.',
      'hvr.',
      '8Q~',
    ],
    pattern:
      /\b(?:pypi-[\w-]{50,300}|rubygems_[0-9a-f]{48}|sq[apu]_[0-9a-f]{40}|do[opr]_v1_[0-9a-f]{64}|PMAK-[\w-]{50,70}|NRAK-[A-Z0-9]{27}|AGE-SECRET-KEY-1[A-Z0-9]{58}|sbp_[0-9a-f]{40}|pul-[0-9a-f]{40}|dp\.pt\.\w{40,44}|lin_api_\w{40}|EAAC\w{60,200}|xkeysib-[\w-]{60,90}|gsk_\w{40,60}|r8_\w{37,40}|pplx-\w{40,60}|sq0[a-z]{3}-[\w-]{22,43}|whsec_[\w+/=]{24,60}|hv[sbr]\.[\w-]{24,300}|sk\.eyJ[\w-]{40,200}\.[\w-]{16,60}|[\w~.-]{3}8Q~[\w~.-]{31,34})/g,
  },
  { rule: 'token', words: [':AA'], pattern: /\b\d{8,10}:AA[\w-]{30,40}/g },
  { rule: 'token', words: ['.'], pattern: /\b[MNO][\w-]{17,27}\.[\w-]{6}\.[\w-]{27,45}(?![\w-])/g },
  // RFC 3986 userinfo. The password runs to the last @ before the host, as people forget to encode it.
  {
    rule: 'basicauth',
    words: ['://'],
    pattern: /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:'"`<>]{0,100}:(?<v>[^\s/'"`<>{}$]{3,200})@(?=[\w[-])/gi,
    check: (value) => !isWeak(value),
  },
  // RFC 9110: a scheme and its credentials.
  {
    rule: 'credential',
    words: ['bearer', 'token', 'apikey', 'sswsso', 'geniekey'],
    pattern:
      /\bauthorization["'`\])]{0,2}[ \t]{0,4}(?:[:=,]|=>)?[ \t]{0,4}["'`]?(?:Bearer|Token|ApiKey|GenieKey|SSWS|token|Key)[ \t]{1,4}(?<v>[\w.~+/=:-]{6,2000})/gi,
    check: isBearer,
  },
  {
    rule: 'credential',
    words: ['bearer'],
    pattern: /\bBearer[ \t]{1,4}(?<v>[\w.~+/=:-]{16,2000})/gi,
    check: (value) => isGiven(value) && isMachineMade(value),
  },
  {
    rule: 'credential',
    words: ['basic'],
    pattern: /\bBasic[ \t]{1,4}(?<v>[A-Za-z0-9+/]{8,400}={0,2})/gi,
    check: isBasic,
  },
  // Azure's connection strings.
  {
    rule: 'credential',
    words: ['AccountKey', 'SharedAccessKey', 'sig='],
    pattern: /\b(?:AccountKey|SharedAccessKey|sig)=(?<v>[\w+/%-]{30,120}={0,2})/g,
    check: isMachineMade,
  },
  // netrc(5), and mail programs that write the same without a name before it.
  {
    rule: 'password',
    words: ['login'],
    pattern: /\blogin[ \t]{1,8}\S{1,100}\s{1,8}password[ \t]{1,8}(?<v>[^\s"'`]{1,100})/g,
    check: isGiven,
  },
  {
    rule: 'password',
    words: ['password'],
    pattern: /^[ \t]{0,8}password[ \t]{1,8}"(?<v>[^"\n]{4,100})"[ \t]{0,8}\r?$/gm,
    check: isGiven,
  },
  // PostgreSQL's .pgpass: host:port:database:user:password
  {
    rule: 'password',
    words: [':'],
    pattern: /^[\w.*-]{1,100}:(?:\d{2,5}|\*):[^:\s]{1,63}:[^:\s]{1,63}:(?<v>\S{3,200})$/gm,
    check: isGiven,
  },
  // SQL: CREATE USER and ALTER ROLE.
  {
    rule: 'password',
    words: ['identified'],
    pattern:
      /\bidentified[ \t]{1,8}(?:with[ \t]{1,8}[\w'"]{1,40}[ \t]{1,8})?by[ \t]{1,8}(?:password[ \t]{1,4})?(["'])(?<v>[^"'\n]{3,200})\1/gi,
    check: isPassword,
  },
  {
    rule: 'password',
    words: ['password'],
    pattern:
      /\b(?:with|set|encrypted|login)[ \t]{1,8}(?:encrypted[ \t]{1,4})?password[ \t]{1,8}(?:for [^\n=]{1,80})?(?:=[ \t]{0,4}(?:password\()?)?(["'])(?<v>[^"'\n]{3,200})\1/gi,
    check: isPassword,
  },
  // The value first: if "f62e…" == password
  {
    rule: 'password',
    words: ['password', 'passwd', 'secret', 'token'],
    pattern:
      /(["'])(?<v>[\w+/=-]{16,200})\1[ \t]{0,4}[!=]={1,2}[ \t]{0,4}\w{0,30}(?:password|passwd|secret|token)\b/gi,
    check: isGiven,
  },
  // A user's name and a password in a call: login("u", "p"), auth=("u", "p"), connect("host", "u", "p").
  {
    rule: 'password',
    words: ['login', 'auth', 'credential', 'authenticate'],
    pattern:
      /\b\w{0,30}(?:login|basic_?auth|auth|credentials?|authentication|authenticate)[ \t]{0,2}=?[ \t]{0,2}\((["'])[^"'\n]{1,100}\1, {0,4}(["'])(?<v>[^"'\n]{5,100})\2/gi,
    check: isPassword,
  },
  {
    rule: 'password',
    words: ['connect', 'mysqli', 'PDO'],
    pattern:
      /\b(?:\w{0,20}connect(?:ion)?|mysqli|PDO)[ \t]{0,2}\((?:["'][^"'\n]{0,200}["'], {0,4}){2}(["'])(?<v>[^"'\n]{5,100})\1/gi,
    check: isPassword,
  },
  // A key in a call that signs or encrypts.
  {
    rule: 'credential',
    words: ['hmac', 'sign', 'encode', 'verify', 'fernet', 'SecureString'],
    pattern:
      /\b(?:create_?hmac\((["'])[\w-]{2,20}\1, {0,4}|jwt\.(?:sign|encode|verify|decode)\([^"'\n]{1,100}?, {0,4}|Fernet\(b?|hmac\.new\(b?|ConvertTo-SecureString (?:-String )?)(["'])(?<v>[^"'\n]{5,200})\2/gi,
    check: isPassword,
  },
  {
    rule: 'password',
    words: ['requirepass', 'masterauth'],
    pattern: /^[ \t]{0,8}(?:requirepass|masterauth)[ \t]{1,8}["']?(?<v>[^\s"']{3,200})/gm,
    check: isGiven,
  },
  // In words, with a digit in it: "the password is …", and a cell of a table.
  {
    rule: 'password',
    words: ['pass', 'pwd', 'secret', 'key', 'token'],
    pattern:
      /\b(?:password|passphrase|passcode|pwd|secret|api[ _-]key|access[ _-]key|token)(?:[ \t]{1,4}(?:for|of)[ \t]{1,4}[\w.@ -]{1,40}?)?(?:[ \t]{1,4}(?:is|was|be|are)(?: now)?[: \t]{1,4}|: |[ \t]{0,4}\|[ \t]{1,8}|[ \t]{1,4}(?=`))["'`]?(?<v>[^\s"'`|,]{6,200})/gi,
    check: (value) => isSecret(value.replace(/[.,;:!?]$/, ''), 'password', 'bare'),
  },
];

/** Each format as a rule. */
export const formats: readonly Rule[] = FORMATS.map(({ rule, words, pattern, check }) => ({
  words,
  *find({ text }) {
    for (const match of text.matchAll(pattern)) yield* hitOf(match, rule, check);
  },
}));

function* hitOf(match: RegExpExecArray, rule: string, check: Check | undefined): Generator<Hit> {
  const value = match.groups?.v;
  if (value === undefined) {
    if (!isFiller(match[0])) yield { start: match.index, end: match.index + match[0].length, rule };
  } else if (!check || check(value)) {
    const start = match.index + match[0].lastIndexOf(value);
    yield { start, end: start + value.length, rule };
  }
}
