import CPlatform
import Glibc
import SystemPackage

/// Starts processes with `posix_spawn(3)`: no code of ours runs between fork and exec. Blocks until the new process has
/// become the program, some milliseconds at most.
enum ProcessSpawn {
  enum Grouping {
    /// The head of a new process group, so that all it starts can be ended with it.
    case ownGroup
    /// Of no terminal and no group of ours.
    case ownSession
  }

  struct Child {
    var pid: Int32
    /// Polls readable when the process has ended.
    var pidDescriptor: Int32
  }

  /// - Parameters:
  ///   - arguments: the whole argv.
  ///   - environment: `NAME=VALUE`.
  ///   - descriptors: what becomes standard input, output and error; `nil` is `/dev/null`. All other descriptors of ours
  ///     are closed on exec.
  static func spawn(
    _ executable: FilePath, arguments: [String], environment: [String], directory: FilePath?,
    descriptors: [Int32?], grouping: Grouping
  ) throws(Errno) -> Child {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, descriptor) in descriptors.enumerated() {
      if let descriptor {
        posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
      } else {
        posix_spawn_file_actions_addopen(&actions, Int32(number), "/dev/null", O_RDWR, 0)
      }
    }
    if let directory { directory.withPlatformString { _ = skep_spawn_in_directory(&actions, $0) } }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    configure(&attributes, grouping)

    let argv = arguments.map { strdup($0) } + [nil]
    let envp = environment.map { strdup($0) } + [nil]
    defer { for pointer in argv + envp { free(pointer) } }
    var pid: Int32 = 0
    let result = executable.withPlatformString { posix_spawn(&pid, $0, &actions, &attributes, argv, envp) }
    if result != 0 { throw Errno(rawValue: result) }
    let pidDescriptor = skep_pidfd_open(pid)
    if pidDescriptor < 0 {
      let reason = Errno(rawValue: errno)
      kill(-pid, SIGKILL)
      kill(pid, SIGKILL)
      waitpid(pid, nil, 0)
      throw reason
    }
    return Child(pid: pid, pidDescriptor: pidDescriptor)
  }

  private static func configure(_ attributes: inout posix_spawnattr_t, _ grouping: Grouping) {
    // Ignored signals stay ignored over an exec, blocked ones blocked; a server ignores and blocks some.
    var signals = sigset_t()
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    var flags = Int32(POSIX_SPAWN_SETSIGDEF) | Int32(POSIX_SPAWN_SETSIGMASK)
    switch grouping {
    case .ownGroup:
      posix_spawnattr_setpgroup(&attributes, 0)
      flags |= Int32(POSIX_SPAWN_SETPGROUP)
    case .ownSession: flags |= 0x80  // POSIX_SPAWN_SETSID, which glibc shows to GNU sources only
    }
    posix_spawnattr_setflags(&attributes, Int16(flags))
  }

  /// The file that `program` names: itself if it holds a slash (below `directory` where relative), else the first
  /// executable of that name in `searchPath`.
  static func find(
    _ program: String, in directory: FilePath, searchPath: String
  ) throws(LaunchProblem) -> FilePath {
    if program.contains("/") {
      let path = FilePath(program)
      return path.isAbsolute ? path : directory.appending(path.components.filter { $0.kind != .currentDirectory })
    }
    for folder in searchPath.split(separator: ":") {
      let path = FilePath(String(folder)).appending(program)
      let candidate = path.isAbsolute ? path : directory.appending(path.components)
      if candidate.withPlatformString({ access($0, X_OK) }) == 0 { return candidate }
    }
    throw LaunchProblem(description: "cannot start \"\(program)\": no such program in PATH (\(searchPath)); install it")
  }
}

/// How a process ended.
enum ExitReason: Sendable, Hashable, CustomStringConvertible {
  case status(Int32)
  case signal(Int32)

  var description: String {
    switch self {
    case .status(let status): "exited with status \(status)"
    case .signal(let number): "ended by \(Self.names[number] ?? "signal \(number)")"
    }
  }

  private static let names: [Int32: String] = [
    SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGQUIT: "SIGQUIT", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP", SIGABRT: "SIGABRT",
    SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGKILL: "SIGKILL", SIGUSR1: "SIGUSR1", SIGSEGV: "SIGSEGV", SIGUSR2: "SIGUSR2",
    SIGPIPE: "SIGPIPE", SIGALRM: "SIGALRM", SIGTERM: "SIGTERM", SIGXCPU: "SIGXCPU", SIGXFSZ: "SIGXFSZ",
  ]

  /// How the child `pid` ended, while it stays in the process table; `nil` if it has not.
  static func peek(_ pid: Int32) -> ExitReason? {
    var info = siginfo_t()
    guard waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0, info._sifields._sigchld.si_pid == pid
    else { return nil }
    let status = info._sifields._sigchld.si_status
    return info.si_code == Int32(CLD_EXITED) ? .status(status) : .signal(status)
  }
}
