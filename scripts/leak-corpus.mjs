// A tree of files with values of keys in them, and as many lookalikes: what `keys leaks` and other programs find in it can be
// compared. The same for every run but for the random values.
import { randomBytes, randomInt } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { crc32 } from 'node:zlib';
import { build } from 'rolldown';
import { root } from './setup.mjs';

const alphabets = {
  digits: '0123456789',
  hex: '0123456789abcdef',
  lower: '0123456789abcdefghijklmnopqrstuvwxyz',
  upper: '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  base62: '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
  base64url: '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_',
};

/** The format of the authority, whose last part is a checksum. */
const authority = /^(?:sk|ses)_\{base62:16\}_\{base62:43\}_\{base62:6\}$/;

/** A random value in a format as declarations have it, such as `sk-or-v1-{hex:64}`. */
export function randomValue(format) {
  const text = (part) =>
    part.replace(/\{(\w+):(\d+)(?:-(\d+))?\}/g, (_, name, min, max = min) =>
      randomText(alphabets[name], randomInt(Number(min), Number(max) + 1)),
    );
  if (!authority.test(format)) return text(format);
  const body = text(format.slice(0, format.lastIndexOf('_')));
  return `${body}_${checksum(body)}`;
}

function randomText(alphabet, length) {
  let result = '';
  // The ends are letters or digits: a `-` there may belong to the text around the value.
  for (let index = 0; index < length; index++) {
    const isEnd = index === 0 || index === length - 1;
    result += alphabet[randomInt(isEnd ? Math.min(alphabet.length, 62) : alphabet.length)];
  }
  return result;
}

function checksum(body) {
  let rest = crc32(body);
  let text = '';
  for (let digit = 0; digit < 6; digit++) {
    text = alphabets.base62[rest % 62] + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}

/** The formats of all built-in providers, and of session tokens. `folder` takes what is built for that. */
export async function declaredFormats(folder) {
  const file = join(folder, 'built-in.mjs');
  await build({
    input: join(root, 'src', 'providers', 'built-in', 'built-in.ts'),
    platform: 'node',
    output: { file, format: 'esm', codeSplitting: false },
  });
  const { builtInProviders } = await import(pathToFileURL(file).href);
  const declared = (await builtInProviders()).flatMap(({ values = [] }) => values);
  return [...new Set([...declared, 'ses_{base62:16}_{base62:43}_{base62:6}'])];
}

/** How a file of each kind puts some texts, one per line but for minified code. */
const kinds = {
  dotenv: {
    name: '.env',
    write: (texts) => texts.map((text, index) => `# ${index}\nAPI_KEY_${index}=${text}\n`).join(''),
  },
  JSON: { name: 'config.json', write: (texts) => JSON.stringify({ name: 'app', keys: texts }, undefined, 2) },
  logs: {
    name: 'app.log',
    write: (texts) =>
      texts
        .map((text) => `2026-11-20T12:00:00Z INFO GET /v1/models authorization="Bearer ${text}" 200\n`)
        .join(''),
  },
  'minified code': {
    name: 'app.min.js',
    write: (texts) =>
      texts.map((text) => `${noise(3_000)};a.k="${text}",b=function(e){return e?1:0}`).join(''),
  },
  CRLF: { name: 'settings.ini', write: (texts) => texts.map((text) => `[s]\r\nkey = ${text}\r\n`).join('') },
  'UTF-16': {
    name: 'export.txt',
    write: (texts) => Buffer.from(`\ufeff${texts.map((text) => `key: ${text}\r\n`).join('')}`, 'utf16le'),
  },
};

function noise(length) {
  const words = [
    'function',
    'return',
    'const',
    'let',
    'this.value',
    'e.target',
    '(a,b)',
    '=>',
    '{x:1}',
    'null',
  ];
  let text = '';
  while (text.length < length) text += `${words[randomInt(words.length)]};`;
  return text;
}

/** Texts that look like values and are none. */
function lookalikesOf(format) {
  const value = randomValue(format);
  const wrongSum = `${value.slice(0, -1)}${value.endsWith('0') ? '1' : '0'}`;
  if (authority.test(format)) return [wrongSum, value.slice(0, -1), value.slice(0, 20)];
  return [
    // Too short, in the middle of a word, and a placeholder.
    value.slice(0, format.indexOf('{') + 7),
    `a${value}`,
    format.replace(/\{.*/s, 'your-key-goes-here'),
  ];
}

const others = () => [
  randomBytes(32).toString('hex'),
  randomBytes(20).toString('hex'),
  crypto.randomUUID(),
  `sha512-${randomBytes(64).toString('base64')}`,
  `data:image/png;base64,${randomBytes(300).toString('base64')}`,
  'sk-folding-cube-container-of-cubes',
  'napi_get_value_string_utf8',
  'task-2026-11-20-nightly-rebuild-of-the-index',
];

/**
 * Writes files with `count` values, in turn of each format and in each kind of file, and with lookalikes. Returns where each
 * value is: `{ value, format, kind, file, line }`.
 */
export function plantCorpus(folder, formats, count) {
  const planted = [];
  const perFile = 10;
  const names = Object.keys(kinds);
  for (let start = 0, index = 0; start < count; start += perFile, index++) {
    const kind = names[index % names.length];
    const texts = Array.from({ length: Math.min(perFile, count - start) }, (_, at) => {
      const format = formats[(start + at) % formats.length];
      return { format, value: randomValue(format) };
    });
    const file = `found/${index}/${kinds[kind].name}`;
    const content = kinds[kind].write(texts.map(({ value }) => value));
    write(join(folder, file), content);
    const plain = kind === 'UTF-16' ? content.toString('utf16le') : content;
    for (const { format, value } of texts) {
      const line = plain.slice(0, plain.indexOf(value)).split('\n').length;
      planted.push({ value, format, kind, file, line });
    }
  }
  const lookalikes = formats.flatMap((format) => [...lookalikesOf(format), ...others()]);
  for (const [index, kind] of names.entries())
    write(join(folder, `lookalikes/${index}/${kinds[kind].name}`), kinds[kind].write(lookalikes));
  return planted;
}

function write(file, content) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
