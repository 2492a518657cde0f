import { describe, expect, test } from 'vitest';
import { parseXml } from '../../src/remote/parse-xml.ts';

const lists = new Set(['Keys']);

test.each([
  ['<a>b</a>', { a: 'b' }],
  ['<a/>', { a: '' }],
  ['<?xml version="1.0"?>\n<a xmlns="https://example.com/>">\n <b> c </b>\n</a>\n', { a: { b: ' c ' } }],
  ['<a><b>1</b><b>2</b><c/></a>', { a: { b: ['1', '2'], c: '' } }],
  ['<a><Keys><member><id>1</id></member></Keys></a>', { a: { Keys: [{ id: '1' }] } }],
  ['<a><Keys/></a>', { a: { Keys: [] } }],
  ['<a>&lt;&amp;&#65;&#x42;&unknown;<![CDATA[<&>]]><!-- no --></a>', { a: '<&AB&unknown;<&>' }],
  ['<a><__proto__>1</__proto__></a>', { a: JSON.parse('{"__proto__":"1"}') }],
])('%s', (xml, value) => {
  expect(parseXml(xml, lists)).toEqual(value);
});

describe('what is no document of elements and texts is left alone', () => {
  test.each([
    '',
    'text',
    '{"a":1}',
    '<a>',
    '<a></b>',
    '</a>',
    '<a/><b/>',
    '<a/>text',
    '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    '<a'.repeat(1000),
    '<a>'.repeat(1000) + '</a>'.repeat(1000),
  ])('%s', (xml) => {
    expect(parseXml(xml, lists)).toBeUndefined();
  });
});

test('a long document is read in one pass', { timeout: 20_000 }, () => {
  expect(parseXml(`<a ${'x="y" '.repeat(500_000)}`, lists)).toBeUndefined();
  expect(parseXml(`<a>${'<b>c</b>'.repeat(500_000)}</a>`, lists)).toBeDefined();
});

test('a tag of many megabytes is no response, and no fault of the program', () => {
  expect(parseXml(`<a ${'""'.repeat(4_000_000)}>text</a>`, lists)).toBeUndefined();
});
