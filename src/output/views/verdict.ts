import { shown } from '../../base/sanitise.ts';
import type { Verdict } from '../../keys/verdict.ts';
import type { Terminal } from '../style.ts';

export function verdictView({ valid, reason, httpStatus, models }: Verdict, { style }: Terminal): string {
  const word = valid ? style.green('valid') : style.red('not valid');
  const because = reason === 'ok' ? '' : `: ${reason}`;
  const status = httpStatus === null ? '' : style.dim(` (HTTP ${httpStatus})`);
  const list = models ? `models: ${models.map((one) => shown(one)).join(', ') || 'none'}\n` : '';
  return `${word}${because}${status}\n${list}`;
}
