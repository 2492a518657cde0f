import { namesIn } from './placeholder.ts';
import type { Rule } from './rule.ts';
import { ruleOf } from './rule.ts';

/* A key is not tried out in a way that sends a secret to the wrong place, or that proves nothing. */

const placeOfKey = ruleOf(({ verify }) => {
  if (!verify) return [];
  const { credential, auth } = verify;
  const sendsKey = namesIn(verify).includes('key');
  const isData = credential !== undefined;
  return [
    [
      isData && !sendsKey,
      'verify.body',
      'does not contain {key}, so the API cannot tell which key is meant; add it, or remove credential',
    ],
    [
      !isData && sendsKey,
      'verify.credential',
      'is required because {key} is in the body; write "session" or "none"',
    ],
    [isData && auth !== undefined, 'verify.auth', 'has no effect because the key is in the body; remove it'],
  ];
});

const otherHost = ruleOf(({ verify }) => {
  const isElsewhere = verify?.url !== undefined;
  return [
    [
      isElsewhere && verify.credential === 'session',
      'verify.credential',
      'is "session", but the session token is not sent to another host; write "none"',
    ],
    [
      isElsewhere && namesIn(verify).some((name) => name.startsWith('secret.')),
      'verify.url',
      'is another host, to which no {secret.NAME} is sent; remove the placeholder',
    ],
  ];
});

const proof = ruleOf(({ verify }) => [
  [
    verify?.credential !== undefined &&
      [verify.verdict, verify.requires, verify.id].every((one) => one === undefined),
    'verify.verdict',
    'is missing: any key would count as valid; write where the response says what the key is',
  ],
]);

export const verificationRules: readonly Rule[] = [placeOfKey, otherHost, proof];
