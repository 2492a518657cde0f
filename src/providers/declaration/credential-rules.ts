import { namesIn } from './placeholder.ts';
import { placeholderIssues } from './placeholder-issues.ts';
import type { Rule } from './rule.ts';
import { ruleOf } from './rule.ts';
import { textsIn, textsOf } from './template-text.ts';

/* The session token is exchanged in a call that sends it, whole, and to one place only; or it signs, and is not sent. */

const exchangeTemplates: Rule = (provider) => {
  const { exchange } = provider.auth;
  if (!exchange) return [];
  const { post, basic, ...operation } = exchange;
  return placeholderIssues(provider, 'exchange', [
    ...textsIn('post', post, 'auth.exchange.post'),
    // Only settings that have a value may be a part of it.
    ...textsIn('query', basic, 'auth.exchange.basic'),
    ...textsOf(operation, 'auth.exchange'),
  ]);
};

const exchangeContent = ruleOf(({ auth: { exchange } }) => {
  if (!exchange) return [];
  const { basic, form, body } = exchange;
  const { post: _, ...operation } = exchange;
  return [
    [
      form !== undefined && body !== undefined,
      'auth.exchange.form',
      'cannot be combined with body: a request has one body; remove one of them',
    ],
    [
      basic === undefined && !namesIn(operation).includes('token'),
      'auth.exchange',
      'does not send the session token; write {token} in its form or body, or declare basic',
    ],
  ];
});

const signature = ruleOf(({ auth: { header, scheme, exchange, sign } }) => [
  [
    sign !== undefined && (header !== 'Authorization' || scheme !== undefined),
    'auth.sign',
    'puts the signature into Authorization, without a scheme; write "header": "Authorization" alone',
  ],
  [
    sign !== undefined && exchange !== undefined,
    'auth.exchange',
    'cannot be combined with sign; remove one of them',
  ],
]);

export const credentialRules: readonly Rule[] = [exchangeTemplates, exchangeContent, signature];
