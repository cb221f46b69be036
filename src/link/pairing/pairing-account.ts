// As whom a board that is not paired yet speaks to a broker. The access list lets it nowhere but to pairing, so it is no secret.

export const pairingAccount = { name: "_join", password: "join" } as const;

/** The common name in the certificate of an issuer while it pairs. */
export const pairingIssuer = "_issuer";
