import { localProvider } from '../../accounts/profile.ts';
import { usageError } from '../../base/errors.ts';
import { visible } from '../../base/sanitise.ts';
import { defineCommand } from '../../cli/define.ts';
import type { Capabilities } from '../../keys/ports.ts';
import { findProvider } from '../../providers/catalog.ts';
import { capabilitiesOf } from '../../remote/capabilities.ts';

const fields = ['id', 'name', 'url', 'docs', 'note', 'options', 'permissions', 'capabilities'];

interface Shown {
  id: string;
  name: string;
  url: string | null;
  docs?: string;
  note?: string;
  options: Readonly<Record<string, string>>;
  permissions?: readonly string[];
  capabilities: Capabilities;
}

export const providerShow = defineCommand({
  operands: '<id>',
  summary: 'show what one kind of API can do',
  examples: ['keys provider show unreal', 'keys provider show privatemind --json capabilities'],
  flags: {},
  fields,
  async run(context, { operands: [id = ''] }) {
    const record = id === localProvider.id ? await local() : await remote(id, context.paths.providers);
    if (!record) throw usageError(`there is no provider '${id}'`, 'keys provider list');
    return {
      kind: 'one',
      record,
      columns: fields,
      table: async (_, terminal) => {
        const { renderRecord } = await import('../../output/views/record.ts');
        const { capabilityLines } = await import('../../output/views/status.ts');
        const options = Object.entries(record.options).map(
          ([name, help]) => `--option ${name}=VALUE: ${help}`,
        );
        return renderRecord(
          [
            ['Id', record.id],
            ['Name', visible(record.name)],
            [
              'URL',
              record.url ??
                (record.id === localProvider.id ? 'none: it runs in this process' : 'none: --url says which'),
            ],
            ['Docs', record.docs && visible(record.docs)],
            ['Note', record.note && visible(record.note)],
            ['Options', visible(options.join('; '))],
            ['Permissions', record.permissions?.map(visible).join(', ')],
            ...capabilityLines(record.capabilities),
          ],
          terminal,
        );
      },
    };
  },
});

async function local(): Promise<Shown> {
  const { capabilities, permissions } = await import('../../authority/capabilities.ts');
  return { ...localProvider, url: null, options: {}, permissions, capabilities };
}

async function remote(id: string, folder: string): Promise<Shown | undefined> {
  const provider = await findProvider(id, folder);
  if (!provider) return undefined;
  const { name, url = null, docs, note, options = {}, permissions } = provider;
  return {
    id,
    name,
    url,
    ...(docs !== undefined && { docs }),
    ...(note !== undefined && { note }),
    options: Object.fromEntries(Object.entries(options).map(([option, { help }]) => [option, help])),
    ...(permissions && { permissions }),
    capabilities: capabilitiesOf(provider),
  };
}
