import { expect, test } from 'vitest';
import { environment, withoutSecrets } from '../../src/platform/env.ts';

const given = {
  PATH: '/bin',
  KEYS_HOME: '/home/ada/keys',
  KEYS_TOKEN_FILE: '/run/secrets/token',
  KEYS_URL: 'https://keys.example.com',
  OTHER_TOKEN: 'of the user',
  NO_COLOR: '1',
};

test.each(['KEYS_TOKEN', 'KEYS_PASSWORD', 'KEYS_OTP', 'KEYS_PIN', 'KEYS_OPTION_ACCOUNT', 'keys_token'])(
  'another program does not see %s',
  (name) => {
    expect(withoutSecrets({ ...given, [name]: 'x-EXAMPLE' })).toEqual(given);
  },
);

test('every variable of keys is passed on, except the token', () => {
  const all = Object.fromEntries(Object.keys(environment).map((name) => [name, 'x']));
  expect(Object.keys(withoutSecrets(all))).toEqual(Object.keys(all).filter((name) => name !== 'KEYS_TOKEN'));
});
