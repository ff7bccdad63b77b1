/** A key for each creation: the same one while the same thing is sent, so that a second try cannot make it twice. */
export function onceKey(): (body: unknown) => string {
  let sent = '';
  let key = '';
  return (body) => {
    const text = JSON.stringify(body);
    if (!key || text !== sent) {
      // Unlike randomUUID, this is there on plain http as well.
      key = [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');
      sent = text;
    }
    return key;
  };
}
