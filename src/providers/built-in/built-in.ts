import type { Provider } from '../declaration/provider.ts';

/** The APIs that `keys` knows by itself, in the order in which they are listed. Each is loaded only when it is used. */
const declarations: Readonly<Record<string, () => Promise<Provider>>> = {
  unreal: async () => (await import('./unreal.ts')).unreal,
  riskinmind: async () => (await import('./riskinmind.ts')).riskinmind,
  privatemind: async () => (await import('./privatemind.ts')).privatemind,
  drun: async () => (await import('./drun.ts')).drun,
  authority: async () => (await import('./authority.ts')).authority,
  'better-auth': async () => (await import('./better-auth.ts')).betterAuth,
  gitlab: async () => (await import('./gitlab.ts')).gitlab,
  'gitlab-group': async () => (await import('./gitlab-group.ts')).gitlabGroup,
  'gitlab-personal': async () => (await import('./gitlab-personal.ts')).gitlabPersonal,
  'gitlab-user': async () => (await import('./gitlab-user.ts')).gitlabUser,
  npm: async () => (await import('./npm.ts')).npm,
  anthropic: async () => (await import('./anthropic.ts')).anthropic,
  openai: async () => (await import('./openai.ts')).openai,
  'openai-project': async () => (await import('./openai-project.ts')).openaiProject,
  'openai-service-account': async () => (await import('./openai-service-account.ts')).openaiServiceAccount,
  cloudflare: async () => (await import('./cloudflare.ts')).cloudflare,
  'cloudflare-account': async () => (await import('./cloudflare.ts')).cloudflareAccount,
  'express-gateway': async () => (await import('./express-gateway.ts')).expressGateway,
  medusa: async () => (await import('./medusa.ts')).medusa,
  openrouter: async () => (await import('./openrouter.ts')).openrouter,
  resend: async () => (await import('./resend.ts')).resend,
  meilisearch: async () => (await import('./meilisearch.ts')).meilisearch,
  powerdns: async () => (await import('./powerdns.ts')).powerdns,
  strapi: async () => (await import('./strapi.ts')).strapi,
  unkey: async () => (await import('./unkey.ts')).unkey,
  xai: async () => (await import('./xai.ts')).xai,
  neon: async () => (await import('./neon.ts')).neon,
  'neon-organization': async () => (await import('./neon-organization.ts')).neonOrganization,
  deepinfra: async () => (await import('./deepinfra.ts')).deepinfra,
  fireworks: async () => (await import('./fireworks.ts')).fireworks,
  jupyterhub: async () => (await import('./jupyterhub.ts')).jupyterhub,
  litellm: async () => (await import('./litellm.ts')).litellm,
  sendgrid: async () => (await import('./sendgrid.ts')).sendgrid,
  datadog: async () => (await import('./datadog.ts')).datadog,
  grafana: async () => (await import('./grafana.ts')).grafana,
  'one-api': async () => (await import('./one-api.ts')).oneApi,
  mistral: async () => (await import('./mistral.ts')).mistral,
  'aws-iam': async () => (await import('./aws-iam.ts')).awsIam,
  'gcp-service-account': async () => (await import('./gcp-service-account.ts')).gcpServiceAccount,
  pinecone: async () => (await import('./pinecone.ts')).pinecone,
  'merge-gateway': async () => (await import('./merge-gateway.ts')).mergeGateway,
  rootly: async () => (await import('./rootly.ts')).rootly,
  sentry: async () => (await import('./sentry.ts')).sentry,
  supabase: async () => (await import('./supabase.ts')).supabase,
  vercel: async () => (await import('./vercel.ts')).vercel,
};

export function isBuiltIn(id: string): boolean {
  return Object.hasOwn(declarations, id);
}

export async function builtInProvider(id: string): Promise<Provider | undefined> {
  return isBuiltIn(id) ? declarations[id]?.() : undefined;
}

export function builtInProviders(): Promise<Provider[]> {
  return Promise.all(Object.values(declarations).map((load) => load()));
}
