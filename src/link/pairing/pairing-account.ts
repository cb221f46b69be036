// As whom a board that is not paired yet speaks to which broker. The access list lets it nowhere but to pairing, so it is no secret.

export const pairingAccount = { name: "_join", password: "join" } as const;

/** The common name in the certificate of an issuer while it pairs. */
export const pairingIssuer = "_issuer";

/** Where boards pair: always over TLS. */
export const pairingBrokerPattern = /^mqtts:\/\/[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(:[1-9]\d{0,4})?$/;
