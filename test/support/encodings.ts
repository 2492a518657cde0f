/** A secret in the forms in which others may repeat it, by name. */
export function encodingsOf(secret: string): Record<string, string> {
  const escaped = hex(secret, '\\u00');
  return {
    'as it is': secret,
    'in lower case': secret.toLowerCase(),
    'in upper case': secret.toUpperCase(),
    backwards: [...secret].reverse().join(''),
    'in base64': Buffer.from(secret).toString('base64'),
    'in base64 for URLs': Buffer.from(secret).toString('base64url'),
    'in base64 after one byte': Buffer.from(`:${secret}:x`).toString('base64'),
    'in base64 after two bytes': Buffer.from(`a:${secret}`).toString('base64url'),
    'as basic credentials': Buffer.from(`Bearer ${secret}`).toString('base64'),
    'in hex': Buffer.from(secret).toString('hex'),
    'in upper case hex': Buffer.from(secret).toString('hex').toUpperCase(),
    'in a URL': encodeURIComponent(secret),
    'in a URL, every character': hex(secret, '%'),
    'in a URL in a URL': encodeURIComponent(hex(secret, '%')),
    'in JSON': escaped,
    'in JSON, one character': secret.replace('k', '\\u006b'),
    'in JSON with a needless escape': secret.replace('/', '\\/'),
    'in JSON in JSON': JSON.stringify(escaped).slice(1, -1),
    'in Markdown': secret.replace('_', '\\_'),
    'as JavaScript': hex(secret, '\\x'),
    'as JavaScript with braces': hex(secret, '\\u{').replace(/u\{(..)/g, 'u{$1}'),
    'in HTML': [...secret].map((one) => `&#${one.charCodeAt(0)};`).join(''),
    'in HTML, hexadecimal': [...secret].map((one) => `&#x${one.charCodeAt(0).toString(16)};`).join(''),
    'in octal': [...secret].map((one) => `\\${one.charCodeAt(0).toString(8).padStart(3, '0')}`).join(''),
    'in UTF-16': Buffer.from(secret, 'utf16le').toString('latin1'),
  };
}

function hex(text: string, before: string): string {
  return [...text].map((one) => before + one.charCodeAt(0).toString(16).padStart(2, '0')).join('');
}
