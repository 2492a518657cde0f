import { removeProfile } from '../../accounts/config.ts';
import { localProvider } from '../../accounts/profile.ts';
import { forgetNames } from '../../app/completion/name-cache.ts';
import { usageError } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import { defineCommand } from '../../cli/define.ts';

const fields = ['name', 'removed', 'tokenRemoved'];

export const profileRemove = defineCommand({
  operands: '<profile>',
  summary: 'remove a profile and its session token; keys at the provider are not touched',
  examples: ['keys profile remove work'],
  flags: {},
  offers: (name) => name !== localProvider.id,
  fields,
  async run(context, { operands: [name = ''] }) {
    const { profiles, currentProfile } = await context.config();
    const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
    if (!profile)
      throw usageError(
        `there is no profile '${name}'${didYouMean(name, Object.keys(profiles))}`,
        'keys profile list',
      );
    context.startMutation();
    const { removeProfileTokens } = await import('../../app/stored-token.ts');
    const tokenRemoved = await removeProfileTokens(context, { ...profile, name });
    await removeProfile(context.paths.configFile, name);
    forgetNames(context.io, name);
    await context.note(`removed the profile ${name}${tokenRemoved ? ' and its session token' : ''}`);
    if (currentProfile === name) await context.note(`the current profile is now ${localProvider.id}`);
    return { kind: 'one', record: { name, removed: true, tokenRemoved }, columns: fields, table: () => '' };
  },
});
