import type { Format } from '../../leaks/sought-formats.ts';
import { authorityFormats } from '../../leaks/sought-formats.ts';
import { allProviders } from '../../providers/catalog.ts';
import type { Provider } from '../../providers/declaration/provider.ts';
import type { Context } from '../context.ts';

/** What the values of every provider look like, each format once: several providers may share one. */
export async function knownFormats(context: Context): Promise<{ formats: Format[]; providers: Provider[] }> {
  const providers = await allProviders(context.paths.providers, ({ message }) => context.warn(message));
  const byText = new Map<string, Format>(authorityFormats.map((format) => [format.text, format]));
  for (const { id, values = [] } of providers)
    for (const text of values) if (!byText.has(text)) byText.set(text, { text, provider: id });
  return { formats: [...byText.values()], providers };
}
