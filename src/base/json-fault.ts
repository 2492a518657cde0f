/** Why a text is not valid JSON, without the part of it that `JSON.parse` quotes: it may be a secret. */
export function jsonFault(error: SyntaxError): string {
  // Newer versions of Node.js name the line and the column beside the position.
  const message = error.message.replace(' in JSON', '').replace(/ \(line \d+ column \d+\)$/, '');
  const [reason = ''] = message.split(/, (?:\.\.\.)?"/);
  return reason.charAt(0).toLowerCase() + reason.slice(1);
}
