import type { KeyField, KeyInput } from '../../src/keys/key.ts';
import type { Capabilities } from '../../src/keys/ports.ts';
import { secretVariable } from '../../src/platform/env.ts';
import type { Provider } from '../../src/providers/declaration/provider.ts';
import { capabilitiesOf } from '../../src/remote/capabilities.ts';

/* A page for each built-in provider, and the table of all of them, made from the declarations. */

const origin = '<!-- `npm test -- provider-docs -u` writes this page from src/providers/built-in. -->';

export function providerIndex(providers: readonly Provider[]): string {
  const header = [
    'Provider',
    'Create',
    'Expiry',
    'Rotate',
    'Update',
    'Disable',
    'Revoke',
    'Usage',
    'Logs',
    'Verify',
  ];
  const rows = providers.map((provider) => {
    const can = capabilitiesOf(provider);
    return [
      `[${provider.name}](${provider.id}.md)`,
      mark(provider.create !== undefined),
      expiryOf(can),
      rotationWords[rotationOf(provider, can)].short,
      mark(can.update),
      mark(can.disable),
      mark(provider.revoke !== undefined),
      can.usage ? (can.usageByDay ? 'by key and day' : 'by key') : 'no',
      mark(can.logs),
      mark(can.verify),
    ];
  });
  return [
    '# Built-in providers',
    `What \`keys\` can do at each key-management API. A "no" is what the API, or its documentation, lacks; \`keys\` refuses such a command before it calls anything.`,
    table(header, rows),
    'Your API is not here? [Describe it in one JSON file](../providers.md#a-provider-of-your-own).',
    `${origin}\n`,
  ].join('\n\n');
}

export function providerPage(provider: Provider): string {
  const { id, name, note, options = {}, secrets = {} } = provider;
  const settings = Object.entries(options).map(([option, { help, required }]) => [
    `\`--option ${option}=VALUE\``,
    required ? 'yes' : '',
    help,
  ]);
  const furtherSecrets = Object.entries(secrets).map(([secret, { help }]) => [
    `\`${secretVariable(secret)}\``,
    help,
  ]);
  return [
    `# ${name}`,
    `\`\`\`sh\n${loginCommand(provider)}\n\`\`\``,
    table(['', ''], factsOf(provider)),
    note === undefined ? '' : `> ${sentence(note)}`,
    '## What keys can do',
    table(['Command', ''], commandsOf(provider)),
    settings.length > 0 ? `## Settings\n\n${table(['Setting', 'Required', 'Meaning'], settings)}` : '',
    furtherSecrets.length > 0
      ? `## Further secrets\n\n${table(['Variable', 'Meaning'], furtherSecrets)}`
      : '',
    `\`keys provider show ${id}\` prints the same.`,
    `${origin}\n`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function loginCommand({ id, url, options = {} }: Provider): string {
  const needed = Object.entries(options).filter(([, { required }]) => required);
  const flags = needed.map(([option]) => ` --option ${option}=…`);
  return `keys login --provider ${id}${url === undefined ? ' --url https://api.example.com' : ''}${flags.join('')}`;
}

function factsOf({ id, url, docs, asOf, auth, permissions }: Provider): string[][] {
  return [
    ['Id', `\`${id}\``],
    ['URL', url === undefined ? 'that of your installation' : `<${url}>`],
    ['Session token', tokenUse(auth)],
    ...(docs === undefined ? [] : [['Documentation', documentation(docs, asOf)]]),
    ...(permissions ? [['Permissions', permissions.map((one) => `\`${one}\``).join(', ')]] : []),
  ];
}

function documentation(docs: string, asOf: string | undefined): string {
  const linked = docs.replace(/https:\/\/\S+$/, '<$&>');
  return asOf === undefined ? linked : `${linked}, as of ${asOf}`;
}

function tokenUse({ header, scheme, exchange, sign }: Provider['auth']): string {
  if (sign) return '`ACCESS_KEY_ID:SECRET_ACCESS_KEY`; it signs each request and is not sent';
  const token = `\`${header}: ${[scheme, 'TOKEN'].filter(Boolean).join(' ')}\``;
  return exchange ? `sent to \`${exchange.post}\`, which issues the access token of ${token}` : token;
}

function commandsOf(provider: Provider): string[][] {
  const can = capabilitiesOf(provider);
  return [
    [
      '`create`',
      provider.create ? `${sets(can.createFields)}; expiry: ${expiryOf(can)}` : inConsole(provider),
    ],
    ['`list`, `show`', `${reports(can.reports)}`],
    ['`update`', can.update ? sets(can.updateFields) : 'no'],
    ['`update --disable`', mark(can.disable)],
    ['`rotate`', rotationWords[rotationOf(provider, can)].long],
    ['`revoke`', provider.revoke ? 'yes' : inConsole(provider)],
    ['`usage`', can.usage ? usageOf(can) : 'no'],
    ['`logs`', can.logs ? (can.logsByKey ? 'yes, also of one key' : 'yes, of all keys together') : 'no'],
    ['`verify`', mark(can.verify)],
  ];
}

function usageOf({ usageByDay, usageCovers, usageRetentionDays }: Capabilities): string {
  const covered = usageCovers === undefined ? '' : `, ${usageCovers} only`;
  const span = usageRetentionDays === undefined ? '' : `, up to ${usageRetentionDays - 1} days back`;
  return `${usageByDay ? 'by key and by day' : 'by key'}${covered}${span}`;
}

const rotationWords = {
  server: {
    short: 'in place, with overlap',
    long: 'the API replaces the secret and keeps the old one for the grace period',
  },
  client: {
    short: 'new key, then revoke',
    long: 'a second key is created; the old one is revoked after the grace period',
  },
  first: {
    short: 'with downtime',
    long: 'the old key is revoked before the new one is created: `--allow-downtime`, and an escrow',
  },
  disable: {
    short: 'new key, then disable',
    long: 'a second key is created; the old one is disabled after the grace period',
  },
  none: { short: 'with downtime', long: 'the old secret stops when the new one is made: `--allow-downtime`' },
  impossible: { short: 'no', long: 'no' },
} as const;

function rotationOf({ create, rotate }: Provider, can: Capabilities): keyof typeof rotationWords {
  const canEnd = can.revoke || can.disable;
  if (!rotate && !(create && canEnd)) return 'impossible';
  if (can.overlap === 'client' && !can.revoke) return 'disable';
  return can.overlap === 'none' && !rotate ? 'first' : can.overlap;
}

function expiryOf({ expiry, expirySteps = [], expiryRequired }: Capabilities): string {
  if (expiry === 'none') return 'no';
  const when = expiry === 'steps' ? expirySteps.join(', ') : 'any time';
  return expiryRequired ? `${when}, required` : when;
}

function sets(fields: readonly KeyInput[]): string {
  return fields.length === 0 ? 'yes' : `sets ${fields.map((field) => `\`${field}\``).join(', ')}`;
}

function reports(fields: readonly KeyField[]): string {
  return fields.map((field) => `\`${field}\``).join(', ');
}

function inConsole({ console: place }: Provider): string {
  return place === undefined ? 'no' : `no, only ${URL.canParse(place) ? 'at' : 'in'} ${place}`;
}

function mark(can: boolean): string {
  return can ? 'yes' : 'no';
}

function sentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
