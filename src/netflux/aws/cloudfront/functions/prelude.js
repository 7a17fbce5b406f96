// What a CloudFront function finds besides JavaScript itself: console, querystring, atob and btoa, and require.
(() => {
  const text = (value) => (typeof value === 'string' ? value : JSON.stringify(value));
  const lines = [];
  const log = (...values) => { if (lines.length < 100) lines.push(values.map(text).join(' ').slice(0, 10000)); };
  globalThis.console = { log, error: log, warn: log, info: log };

  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  globalThis.btoa = (binary) => {
    let out = '';
    for (let i = 0; i < binary.length; i += 3) {
      const bytes = [0, 1, 2].map((k) => binary.charCodeAt(i + k) || 0);
      const word = (bytes[0] << 16) | (bytes[1] << 8) | bytes[2];
      for (let k = 0; k < 4; k += 1) out += i + k > binary.length ? '=' : ALPHABET[(word >> (18 - 6 * k)) & 63];
    }
    return out;
  };
  globalThis.atob = (encoded) => {
    const clean = String(encoded).replace(/=+$/, '');
    let out = '';
    for (let i = 0, bits = 0, word = 0; i < clean.length; i += 1) {
      const at = ALPHABET.indexOf(clean[i]);
      if (at < 0) throw new Error('invalid base64');
      word = ((word << 6) | at) & 0xffffff;
      bits += 6;
      if (bits >= 8) { bits -= 8; out += String.fromCharCode((word >> bits) & 255); }
    }
    return out;
  };

  const querystring = {
    escape: encodeURIComponent,
    unescape: decodeURIComponent,
    parse(query, between = '&', is = '=') {
      const found = {};
      for (const part of String(query).split(between).filter(Boolean)) {
        const at = part.indexOf(is);
        const name = decodeURIComponent(at < 0 ? part : part.slice(0, at));
        const value = at < 0 ? '' : decodeURIComponent(part.slice(at + is.length));
        found[name] = name in found ? [].concat(found[name], value) : value;
      }
      return found;
    },
    stringify(object, between = '&', is = '=') {
      const pair = (name, value) => encodeURIComponent(name) + is + encodeURIComponent(value);
      return Object.entries(object).flatMap(([name, value]) => [].concat(value).map((one) => pair(name, one))).join(between);
    },
  };
  querystring.decode = querystring.parse;
  querystring.encode = querystring.stringify;

  const modules = { querystring };
  globalThis.__modules = modules;
  globalThis.require = (name) => {
    if (!(name in modules)) throw new Error(`Cannot find module "${name}"`);
    return modules[name];
  };

  globalThis.__run = (event, call) => {
    const done = (value) => { globalThis.__result = { value: value === undefined ? null : value }; };
    const failed = (error) => { globalThis.__result = { error: String(error) }; };
    try {
      const value = call(JSON.parse(event));
      if (value && typeof value.then === 'function') value.then(done, failed); else done(value);
    } catch (error) {
      failed(error);
    }
  };
  globalThis.__outcome = () => JSON.stringify({ error: 'The promise was never settled.', ...globalThis.__result, lines });
})();
