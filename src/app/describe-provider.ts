import { localProvider } from '../accounts/profile.ts';
import type { ProviderDescription } from '../output/views/provider.ts';
import { findProvider } from '../providers/catalog.ts';
import { capabilitiesOf } from '../remote/capabilities.ts';

/** Undefined if there is no such provider. */
export async function describeProvider(id: string, folder: string): Promise<ProviderDescription | undefined> {
  if (id === localProvider.id) {
    const { capabilities, permissions } = await import('../authority/capabilities.ts');
    return { ...localProvider, url: null, options: {}, permissions, capabilities };
  }
  const provider = await findProvider(id, folder);
  if (!provider) return undefined;
  const { name, url = null, docs, asOf, note, options = {}, secrets, permissions } = provider;
  return {
    id,
    name,
    url,
    ...(docs !== undefined && { docs }),
    ...(asOf !== undefined && { asOf }),
    ...(note !== undefined && { note }),
    options: Object.fromEntries(Object.entries(options).map(([option, { help }]) => [option, help])),
    ...(secrets && {
      secrets: Object.fromEntries(
        Object.entries(secrets).map(([secret, { help, keep }]) => [
          secret,
          keep ? `${help} (stored by keys login)` : help,
        ]),
      ),
    }),
    ...(permissions && { permissions }),
    capabilities: capabilitiesOf(provider),
  };
}
