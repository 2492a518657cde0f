import { toggle, values } from '../../cli/define.ts';
import { offering } from '../../cli/read.ts';
import { parseSink } from '../../sinks/sink-spec.ts';

/** Where a secret goes; shared by all commands that hand one over. */
export const destinationFlags = {
  to: values(
    '--to <sink>',
    'where to deliver the secret, such as env:.env#API_KEY; repeatable (keys help sinks)',
    offering('sink', parseSink),
  ),
  secretOnly: toggle('--secret-only', 'print the secret and a newline, nothing else'),
  allowInGit: toggle('--allow-in-git', 'allow a file that git does not ignore'),
};
