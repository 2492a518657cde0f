import { defineCommand } from '../../cli/define.ts';
import { locatePaths } from '../../platform/paths.ts';

const fields = ['check', 'status', 'message', 'hint'];

export const doctor = defineCommand({
  operands: '',
  summary: 'check this installation: Node.js, folders, permissions, configuration, database and escrow',
  description: 'Changes nothing. Exits with 8 if a check fails.',
  examples: ['keys doctor', 'keys doctor --json'],
  flags: {},
  fields,
  async run(context) {
    const { examine } = await import('../../app/doctor.ts');
    const findings = await examine(context.io, locatePaths(context.io.env, context.io.cwd), () =>
      context.profile(),
    );
    return {
      kind: 'rows',
      rows: findings,
      columns: fields,
      table: async (_, terminal) =>
        (await import('../../output/views/doctor.ts')).doctorView(findings, terminal),
      ...(findings.some(({ status }) => status === 'fail') && { exit: 'no' as const }),
    };
  },
});
