/** Why a text is not valid JSON, without the part of it that `JSON.parse` quotes: it may be a secret. */
export function jsonFault(error: SyntaxError): string {
  const [reason = ''] = error.message.replace(' in JSON', '').split(/, (?:\.\.\.)?"/);
  return reason.charAt(0).toLowerCase() + reason.slice(1);
}
