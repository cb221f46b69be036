// Finds what is wrong together, or worth a second look, in what is said of Home Assistant; knows no topic.
import type { Finding } from "./problem.ts";
import type { Salvage } from "./salvage.ts";
import type { Config } from "./schema.ts";

export function homeAssistantFindings({ homeAssistant }: Salvage): readonly Finding[] {
  const { broker, caFile, username, passwordFile } = homeAssistant;
  const at = (key: string): readonly string[] => ["homeAssistant", key];
  const findings: Finding[] = [];
  if (typeof passwordFile === "string" && username === null) {
    const problem = "A password without a name is of no use.";
    findings.push({ steps: at("passwordFile"), value: passwordFile, problem, remedy: 'Write the name in "username".' });
  }
  if (typeof caFile === "string" && broker?.startsWith("mqtt:")) {
    const problem = "A broker at mqtt:// shows no certificate.";
    findings.push({ steps: at("caFile"), value: caFile, problem, remedy: "Write mqtts://, or leave caFile out." });
  }
  if (broker !== undefined && URL.parse(broker) === null) {
    const problem = "This is no address.";
    findings.push({
      steps: at("broker"),
      value: broker,
      problem,
      remedy: 'Write one such as "mqtts://10.0.0.2:8883".',
    });
  }
  return findings;
}

/** Allowed, and worth a second look. */
export function homeAssistantWarnings({ homeAssistant }: Config): readonly Finding[] {
  if (homeAssistant === null) return [];
  const { broker, mayOpen, username } = homeAssistant;
  const warnings: Finding[] = [];
  if (mayOpen) {
    warnings.push({
      steps: ["homeAssistant", "mayOpen"],
      value: mayOpen,
      problem: "Letting it open means trusting that broker and everyone who may publish on it.",
      remedy: "Have the broker ask for names and certificates, and let nobody else publish below postern/ha/.",
    });
  }
  if (broker.startsWith("mqtt:") && !isOwn(broker) && (mayOpen || username !== null)) {
    warnings.push({
      steps: ["homeAssistant", "broker"],
      value: broker,
      problem:
        "Whoever can listen or speak on the way to this broker can read the password and put in messages of their own.",
      remedy: "Write mqtts://, and set the broker up for it.",
    });
  }
  return warnings;
}

const isOwn = (broker: string): boolean => /^mqtt:\/\/(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/.test(broker);
