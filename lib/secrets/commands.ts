import type { Rule } from './hits.ts';
import { isStandIn } from './values.ts';

// Passwords that a command line gives to a program under an option of its own. What has a name (`--password`,
// `PGPASSWORD=`) is found by its name.

/** The rest of one command: not beyond what ends it. */
const ON = String.raw`[^\n|;&]{0,200}?`;
const WORD = String.raw`[^\s"'$\`<>|;&(){}\\]`;
/** A word in quotes or without, not a variable. */
const VALUE = String.raw`(?:"(?<q>[^"'$\n]{3,200})"|'(?<s>[^'\n]{3,200})'|(?<v>${WORD}[^\s"'\`<>|;&(){},\]]{2,200}))`;

const CURL = String.raw`\b(?:curl|https?|wget)\b${ON}\s(?:-u|--user|-a|--proxy-user)[ =]{0,3}`;

/** `isPair`: a user's name stands before the password, in one word. */
const OPTIONS: readonly (readonly [words: readonly string[], option: string, isPair?: true])[] = [
  [['mysql', 'mariadb'], String.raw`\b(?:mysql|mariadb)\w{0,20}\b${ON}\s-p`],
  [['sshpass'], String.raw`\bsshpass\s+-p\s{0,2}`],
  [
    ['login'],
    String.raw`\b(?:docker|podman|helm|az|oc|nerdctl|crane|skopeo|buildah|cf)\b${ON}\blogin\b${ON}\s-p\s+`,
  ],
  [['mongo'], String.raw`\bmongo\w{0,10}\b${ON}\s-p\s+`],
  [['redis-cli'], String.raw`\bredis-cli\b${ON}\s-a\s+`],
  [['ldap'], String.raw`\bldap\w{1,10}\b${ON}\s-w\s+`],
  [['sqlcmd', 'bcp'], String.raw`\b(?:sqlcmd|bcp)\b${ON}\s-P\s*`],
  [['zip', '7z'], String.raw`\b(?:un)?zip\b${ON}\s-P\s+`],
  [['htpasswd'], String.raw`\bhtpasswd\s+(?:-\w{1,5}\s+){1,3}\S{1,100}\s+[\w.@-]{1,60}\s+`],
  [['wpa_passphrase'], String.raw`\bwpa_passphrase\s+(?:"[^"\n]{1,60}"|\S{1,60})\s+`],
  [['rabbitmqctl'], String.raw`\brabbitmqctl\s+(?:add_user|change_password)\s+\S{1,60}\s+`],
  [['keytool', 'jarsigner'], String.raw`-(?:store|key)pass\s+`],
  [['pass:'], String.raw`\s-(?:pass|passin|passout|k)\s+pass:`],
  [['curl', 'wget', 'http'], String.raw`${CURL}(?=["']?[^\s:"'$]{0,100}:)`, true],
  [['curl', 'wget', 'http'], String.raw`${CURL}[^\s:"'$]{0,100}:(?=["'])`],
  [['lftp'], String.raw`\blftp\b${ON}\s-u\s+[^\s,]{1,60},`],
  [['net use'], String.raw`\bnet use\b${ON}/user:\S{1,60}\s+`],
  [['smbclient'], String.raw`\bsmbclient\b${ON}\s-U\s+[^\s%]{1,60}%`],
  [
    ['chpasswd'],
    String.raw`\becho\s+(?=["']?[\w.-]{1,40}:[^\s|]{3,100}["']?\s*\|\s*(?:sudo\s+)?chpasswd)`,
    true,
  ],
  [
    ['sudo -S', '--password-stdin'],
    String.raw`\becho\s+(?:-n\s+)?(?=[^|\n]{3,100}\|\s*(?:sudo -S|${ON}--password-stdin))`,
  ],
];

export const commands: readonly Rule[] = OPTIONS.map(([words, option, isPair]) => {
  const pattern = new RegExp(`${option}${VALUE}`, 'g');
  return {
    words,
    *find({ text }) {
      for (const match of text.matchAll(pattern)) {
        const { q, s, v } = match.groups ?? {};
        const whole = q ?? s ?? v ?? '';
        const name = isPair ? whole.indexOf(':') + 1 : 0;
        const value = whole.slice(name);
        if (isStandIn(value) || (isPair && name === 0)) continue;
        const end = match.index + match[0].length - (v === undefined ? 1 : 0);
        yield { start: end - value.length, end, rule: 'password' };
      }
    },
  };
});
