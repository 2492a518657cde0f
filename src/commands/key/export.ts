import { defineCommand, toggle } from '../../cli/define.ts';

const fields = ['profile', 'keys'];
const toStdout = 'it writes to stdout: keys export > keys.yaml';

export const exportCommand = defineCommand({
  operands: '',
  summary: 'write the keys that exist as keys.yaml, to stdout',
  description: [
    'Writes what the API reports of each active key that no newer one replaces; keys plan on the result finds nothing to do.',
    'A lifetime of whole days is written as such, so that a new key gets it, too; any other expiry as its time. What the file',
    'cannot say, such as two keys of one name, is in its comments. No secret is read or written.',
  ].join('\n'),
  examples: ['keys export > keys.yaml', 'keys export --all-profiles > keys.yaml', 'keys export --json keys'],
  flags: {
    allProfiles: toggle('--all-profiles', 'the keys of every stored profile, and local'),
  },
  instead: { '': toStdout, '-o': toStdout, '--output': toStdout, '--file': toStdout },
  fields,
  async run(context, { allProfiles }) {
    const { exportKeys } = await import('../../app/export-keys.ts');
    const { manifest, text, failures } = await exportKeys(context, { allProfiles });
    for (const { profile, message } of failures)
      await context.warn(`the keys of the profile ${profile} are left out: ${message}`);
    const { format } = context.output;
    const exit = failures.length > 0 ? { exit: 'unfinished' as const } : {};
    if (format === undefined || format === 'table' || format === 'yaml')
      return { kind: 'text', text, ...exit };
    return { kind: 'one', record: manifest, columns: fields, table: () => text, ...exit };
  },
});
