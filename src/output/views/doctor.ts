import { shown } from '../../base/sanitise.ts';
import type { Terminal } from '../style.ts';

interface Finding {
  check: string;
  status: 'ok' | 'warn' | 'fail';
  message: string;
  hint?: string;
}

export function doctorView(findings: readonly Finding[], { style }: Terminal): string {
  const marks = { ok: style.green('ok  '), warn: style.yellow('warn'), fail: style.red('fail') };
  const width = Math.max(...findings.map(({ check }) => check.length)) + 2;
  return findings
    .map(({ check, status, message, hint }) => {
      const indent = ' '.repeat(6 + width);
      const advice = hint === undefined ? '' : `${indent}${style.dim(shown(hint))}\n`;
      return `${marks[status]}  ${check.padEnd(width)}${shown(message)}\n${advice}`;
    })
    .join('');
}
