/**
 * The members of a completions request; one that streams asks for the usage as well
 * (platform.openai.com/docs/api-reference/chat/create#chat-create-stream_options), without which its cost is unknown.
 */
export function withUsageRequested(members: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const streams = [...members].some(
    // Servers written in Go ignore case.
    ([name, value]) => name.toLowerCase() === 'stream' && value !== 'false' && value !== 'null',
  );
  if (!streams) return members;
  const current: unknown = JSON.parse(members.get('stream_options') ?? 'null');
  const options = Object.entries(current instanceof Object && !Array.isArray(current) ? current : {});
  const keptOptions = options.filter(([name]) => name.toLowerCase() !== 'include_usage');
  const others = [...members].filter(([name]) => name.toLowerCase() !== 'stream_options');
  const streamOptions = JSON.stringify({ ...Object.fromEntries(keptOptions), include_usage: true });
  return new Map([...others, ['stream_options', streamOptions]]);
}
