// The command tree as its documents need it: man pages and completions come from the same definitions as --help.
import { createProgram } from '../../packages/cli/dist/program.js';

/** Every command that does something, and the program itself first: `words` is how it is called. */
export function commandTree() {
  const program = createProgram(() => undefined);
  return [describe(program, [program.name()]), ...below(program, [program.name()])];
}

function below(command, words) {
  return command.commands.flatMap((child) => {
    const ofChild = [...words, child.name()];
    return [describe(child, ofChild), ...below(child, ofChild)];
  });
}

function describe(command, words) {
  const help = command.createHelp();
  return {
    words,
    description: command.description(),
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      description: argument.description,
    })),
    options: help.visibleOptions(command).map((option) => ({
      flags: option.flags,
      names: [option.short, option.long].filter((name) => name !== undefined),
      takesValue: option.required || option.optional,
      valueName: /[<[]([^>\]]+)[>\]]/.exec(option.flags)?.[1],
      description: help.optionDescription(option),
      choices: option.argChoices ?? [],
    })),
    children: command.commands.map((child) => child.name()),
    // What --help prints behind the options.
    more: textAfterHelp(command),
  };
}

function textAfterHelp(command) {
  const parts = [];
  const context = { error: false, command, write: (text) => parts.push(text) };
  command.emit('afterHelp', context);
  return parts.join('').trim();
}
