import { defineCommand } from './define.ts';

const fields = ['profile', 'provider', 'url', 'tokenSource', 'authenticated', 'capabilities'];

export const status = defineCommand({
  operands: '',
  summary: 'show which profile is in use, and what its provider can do',
  examples: ['keys status', 'keys status --json authenticated'],
  flags: {},
  fields,
  async run(app) {
    const { name: profile, provider, url } = await app.profile();
    const { capabilities } = await app.backend();
    // The embedded authority runs as the user and needs no session token.
    const record = { profile, provider, url, tokenSource: null, authenticated: true, capabilities };
    return {
      kind: 'one',
      record,
      columns: fields,
      table: async (_, terminal) => {
        const { renderRecord } = await import('../output/views/record.ts');
        return renderRecord(
          [
            ['Profile', profile],
            ['Provider', provider],
            ['URL', url ?? 'none: it runs in this process'],
            ['Session', 'needs none'],
            ...Object.entries(capabilities).map(([name, can]) => [label(name), answer(can)] as const),
          ],
          terminal,
        );
      },
    };
  },
});

/** `uniqueNames` as `Unique names`. */
function label(name: string): string {
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function answer(can: string | number | boolean | null): string {
  if (can === null) return 'no limit';
  return typeof can === 'boolean' ? (can ? 'yes' : 'no') : String(can);
}
