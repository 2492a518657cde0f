import { version } from '../../package.json';
import { visible } from '../base/sanitise.ts';
import type { Leak, LeakEvidence } from '../keys/leak.ts';
import type { SarifFinding, SarifRule } from './sarif.ts';
import { sarif } from './sarif.ts';

const fix = 'Replace the key, then remove the value. What has been in a repository stays in its history.';

const rules: Readonly<Record<LeakEvidence, SarifRule>> = {
  exact: {
    id: 'leaked-key',
    title: 'the value of a key of this account',
    help: `The account keeps the hash of this value. ${fix}`,
    severity: 'error',
  },
  checksum: {
    id: 'leaked-value',
    title: 'a value that an authority has issued',
    help: `Its checksum shows that it is a key or a session token of an authority of keys. ${fix}`,
    severity: 'error',
  },
  prefix: {
    id: 'possible-leak',
    title: 'what looks like the value of a key',
    help: `It has the form of the values of a provider. ${fix}`,
    severity: 'error',
  },
};

/** The findings as SARIF 2.1.0. A value is named by what may be shown of it. */
export function leakSarif(findings: readonly Leak[]): Promise<string> {
  return sarif({
    version,
    category: 'keys-leaks',
    rules: Object.values(rules),
    findings: findings.map(toSarif),
  });
}

function toSarif(leak: Leak): SarifFinding {
  const { file, line, column, commit, keyId, name, profile, provider, match, masked, status, works } = leak;
  const key = keyId === null ? `an unknown key of ${provider}` : `the key ${name || keyId} (${status})`;
  return {
    rule: rules[match].id,
    severity: works === false ? 'info' : rules[match].severity,
    message: visible(`${masked} is a value of ${key}${leak.fix === null ? '' : `; to end it: ${leak.fix}`}`),
    place: { path: file, line, column },
    ...(keyId !== null && { subject: `${profile}/${name || keyId}` }),
    identity: [file, masked, keyId ?? '', commit ?? ''],
    properties: { masked, match, status, keyId, ...(commit !== undefined && { commit }) },
  };
}
