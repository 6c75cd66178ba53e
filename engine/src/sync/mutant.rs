//! Faults that are kept in the engine's code, each behind a name: for models and for the swarm, which must find them.

/// Faults that a model can switch on inside the shipped code; each has a test that demands to see it found. In the
/// shipped code none is ever on, and its branch disappears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mutant {
    /// A push publishes nothing.
    RelaxedPush,
    /// An actor goes idle over what was pushed since its last look.
    IdleWithoutRecheck,
    /// The envelope in place is reused before the exchange that unlinks it.
    EarlyFree,
    /// The message in place is not consumed when its turn is interrupted.
    KeptCursor,
    MuteWithoutFence,
    /// Whoever was muted goes on, though the mailbox has filled again.
    ResumeWithoutLook,
    SignalWithoutFence,
    /// A muter does not look for a signal to itself.
    NoSignalCheck,
    /// A muter does not follow who waits for whom.
    NoCycleCheck,
    /// A muter is let go by a cycle that it is no part of.
    AnyCycle,
    /// The waiters flag is set although there is nothing to wait for.
    NoFlagRecheck,
    /// The first of the two sides to let go of a block frees it.
    EarlyLetGo,
    /// A worker sleeps without a last look.
    NoRescan,
    ParkWithoutFence,
    /// Who steps aside is counted on meanwhile, does not look before, or looks too early.
    AsideAndCounted,
    AsideUnseen,
    AsideWithoutFence,
    /// Who was aside is not counted again, or twice, or before it has its processor back.
    AsideForGood,
    AsideTwice,
    AsideBackEarly,
    PublishWithoutFence,
    /// Who calls a sleeper does not fence.
    SummonWithoutFence,
    /// A searcher tells nobody of what it leaves.
    NoPassOn,
    /// The sentinel retires without the fence.
    RetireWithoutFence,
    /// A worker comes to work without the fence.
    WorkWithoutFence,
    /// The sentinel goes to work and leaves nobody in its place.
    NoHandOver,
    SeizeWithoutFence,
    #[cfg(throng_loom)]
    /// The kernel that shall do both halves of an asymmetric pair does not.
    NoBarrierFromAfar,
    EnterWithoutFence,
    /// A thread of a pool whose time is up leaves although it is called.
    LeaveOverCall,
    /// A pool that ends wakes nobody.
    EndWithoutCall,
    /// Who hands an actor to its own thread wakes this before the actor is there.
    UnparkBeforeTask,
    /// A thread takes its actor without seeing what its owners did.
    RelaxedTake,
    /// Who looks how many live counts who has begun before those that have ended.
    BeginningsFirst,
    /// Who counts an end does not publish what was counted before.
    EndUnpublished,
    /// A stop leaves a suspension alone.
    StopWithoutLift,
    /// A suspended actor leaves without looking whether it was closed meanwhile.
    ParkWithoutLook,
    /// Orders are read before the flag that tells of them is cleared.
    ObeyBeforeUnsignal,
    /// Who holds itself leaves without looking for errands.
    ParkOverErrand,
    /// Who has an errand sets the flag before it is on the list.
    SignalBeforeErrand,
    /// Whose parking was lifted for an errand is not told to look at its orders.
    RouseUnsignalled,
    /// Who rings a bell that was rung already leaves it at a look.
    SummonsByGlance,
    /// Who hears a bell quiets it after it has looked what was wanted.
    SummonsLiftedLate,
    /// An actor that holds itself in its last hook ends all the same.
    EndOverHold,
    /// Resuming lifts a hold too.
    ResumeLiftsHold,
    /// Who leaves something for an actor's end looks at its word without an exchange.
    LivesByGlance,
    /// Who lists somebody that has ended leaves the entry.
    EndedListed,
    /// The onlooker of an entry that is gone is left where it is.
    OnlookerLeft,
    /// Who tells an actor that has ended meanwhile leaves what it told where nobody looks.
    LeftUntold,
    /// Who tells something sets the flag before it is on the list.
    SignalBeforeNotice,
    /// A notice that is handled does not see to the next one.
    ForgottenLine,
    /// The waiters are taken before the actor says that it does not drain.
    LateLeave,
    /// An actor drains again as soon as one reason not to is gone.
    OneReason,
    /// A muter does not look whether its target drains.
    MuteOnOneAway,
    RiseWithoutFence,
    FallenWithoutFence,
    /// Who has told of high pressure does not look whether it has sunk meanwhile.
    RisenWithoutLook,
    /// Who has heard news of pressure does not look whether it has turned since.
    HeardWithoutLook,
    /// A producer notes that it has run out without looking again.
    HungerApart,
    /// News to a producer counts as under way for ever.
    NeverHeard,
    /// Who asks to be told at the low mark does not look whether it was raised meanwhile.
    StaleLow,
    /// What is given back from the stash waits for credit that nobody gives back.
    UnstashUnheard,
    /// An actor ends in place before what it has given itself back.
    StopBeforeStash,
    /// Who ends an actor leaves its stash behind.
    ForgottenStash,
    /// An actor goes idle over what came into its line since it looked.
    IdleOutsideTheLock,
    /// Who listens to several parts leaves its waker apart from its look at who has rung.
    ListenApart,
    /// Of several that are asked together, the asker is told before the last is asked.
    TellWhileOpening,
    /// Who has asked the last does not look whether all have answered meanwhile.
    OpenWithoutLook,
    /// The urgent lane goes first for ever.
    EndlessStreak,
    /// A slot serves again at once.
    NoGrace,
    /// What is retired is stamped with an epoch that others may have announced before.
    NoNewEpoch,
    /// What a tenant had is freed when it ends.
    EarlyFreeExt,
    /// A tenant's kind is set without publishing that its slot has a header.
    RelaxedKind,
    #[cfg(throng_loom)]
    /// A fresh slot's header is written over what others may be looking at.
    WholeHeader,
    /// A slot that a worker says it runs is looked into without a look whether it was settled.
    GlanceUnsettled,
    /// A participant goes online without the fence.
    PinWithoutFence,
    /// A participant goes online again without publishing that its last section is over.
    RelaxedPin,
    /// A retirer looks at the participants without the fence.
    PassWithoutFence,
    // By a floor that no model runs.
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// Who is suspended on the mailbox of an actor that ends is left there.
    EndOverWaiters,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// What a full mailbox drops is never dropped.
    PayloadLeaked,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// What a full mailbox drops is dropped twice: memory is freed that is used.
    PayloadTwice,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// Who is told to stop leaves what is in its mailbox.
    StopHasty,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// Who watches does not hear of an end.
    NoticeLost,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// A producer is told of the credit of a flow that it has dropped.
    ToldOverEnd,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// Who has sent beyond a capacity goes on.
    MuteForgotten,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// A timer is due a millisecond early.
    TimerEarly,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// The deadline of an ask passes a millisecond early.
    DeadlineEarly,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// A timer is due a millisecond late.
    TimerLate,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// Who is linked goes on when the other has failed.
    LinkUntold,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// There may be one restart more than there may.
    RestartTooMany,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// A restart under rest-for-one takes nobody along.
    RestLeftOut,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// A periodic timer is due a millisecond late each time.
    TickLate,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// A periodic timer ends with its first tick.
    TickLost,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// An answer is dropped, as if nobody had given one.
    AnswerLost,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// Who is told to be suspended goes on.
    SuspendIgnored,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// Who is killed handles what is in its mailbox first, unless it is held.
    KillDrains,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// A mailbox that drops the newest does so beyond one message, whatever its capacity.
    DropEarly,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// A mailbox that refuses what comes when it is full takes one more.
    BoundOver,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// Nobody is told of pressure.
    PressureMute,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// Urgent messages are as any other.
    UrgentIgnored,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// A supervisor's child gets a state whose first hook does not run.
    ChildUnbegun,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// A supervisor's child goes on although the first hook of its state has failed.
    HookSwallowed,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// The state of an actor that ends is never dropped.
    StateKept,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// Who watches one that is killed is told that nobody knows how it has ended.
    ExitUntrue,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// A batch has one message more than it may.
    BatchOver,
    /// A full line that keeps the newest drops the one before that.
    DropWrongEnd,
    /// Of what is too much in a mailbox the second goes, and not the oldest.
    DropOutOfTurn,
    /// Who signals an actor that has an owner takes it for its own.
    SignalOwned,
    /// The count has sunk to the low mark, and nobody goes on.
    DrainUnheard,
    /// Of the messages that are taken together the first two change places.
    OrderSwapped,
    /// A grant is one short.
    CreditLost,
    #[cfg(throng_planted)]
    /// An answer that comes late ends the next question of its asker.
    LateAnswerNext,
}
