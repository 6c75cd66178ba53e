%% Many processes: one sends to all, all send to one, each pings any.
-module(peer_crowds).
-export([fork_join/1, fan_in/1, big/1]).
-include("peer.hrl").

%% Each process of big has the addresses of all: the square of this.
-define(BIG_MOST, 10000).

fork_join(#task{actors = Actors} = Task) ->
    Me = self(),
    Each = peer_task:each(Task),
    Latch = peer_latch:latch(Actors),
    Receivers = [spawn_opt(fun() ->
        peer_latch:here(Me),
        receiver(Latch, Number, Each, 0)
    end, [{message_queue_data, off_heap}]) || Number <- lists:seq(0, Actors - 1)],
    Sender = spawn(fun() ->
        peer_latch:here(Me),
        rounds(peer_latch:heard(start), Each)
    end),
    peer_latch:all_here(Actors + 1),
    Began = ?NOW,
    Sender ! {start, Receivers},
    Ended = peer_latch:heard(ended),
    #iteration{began = Began, ended = Ended, counts = peer_latch:told(Receivers)}.

rounds(_, 0) -> ok;
rounds(Receivers, Left) ->
    increment(Receivers),
    rounds(Receivers, Left - 1).

increment([Receiver | Receivers]) ->
    Receiver ! increment,
    increment(Receivers);
increment([]) -> ok.

receiver(Latch, Number, Each, Count) ->
    receive
        increment when Count + 1 =:= Each ->
            peer_latch:count_down(Latch, Number),
            receiver(Latch, Number, Each, Count + 1);
        increment -> receiver(Latch, Number, Each, Count + 1);
        {tell, Whom} -> Whom ! {self(), Count}
    end.

fan_in(#task{actors = Actors, messages = Messages} = Task) ->
    Me = self(),
    Each = peer_task:each(Task),
    Senders = lists:seq(1, Actors),
    Receiver = spawn_opt(fun() ->
        peer_latch:here(Me),
        {Next, Disorder} = in_order(Messages, erlang:make_tuple(Actors, 0), 0),
        Me ! {ended, {?NOW, Next, Disorder}}
    end, [{message_queue_data, off_heap}]),
    Sending = [spawn(fun() ->
        peer_latch:here(Me),
        numbered(peer_latch:heard(start), Sender, 0, Each)
    end) || Sender <- Senders],
    peer_latch:all_here(Actors + 1),
    Began = ?NOW,
    [Pid ! {start, Receiver} || Pid <- Sending],
    {Ended, Counts, Disorder} = peer_latch:heard(ended),
    #iteration{began = Began, ended = Ended, counts = tuple_to_list(Counts), disorder = Disorder}.

numbered(_, _, Each, Each) -> ok;
numbered(Receiver, Sender, N, Each) ->
    Receiver ! {Sender, N},
    numbered(Receiver, Sender, N + 1, Each).

%% So many have come from each, and so the next one's number is.
in_order(0, Next, Disorder) -> {Next, Disorder};
in_order(Left, Next, Disorder) ->
    receive
        {Sender, N} ->
            case element(Sender, Next) of
                N -> in_order(Left - 1, setelement(Sender, Next, N + 1), Disorder);
                Expected when N < Expected -> in_order(Left - 1, setelement(Sender, Next, Expected + 1), Disorder + 1);
                Expected -> in_order(Left - 1, setelement(Sender, Next, Expected + 1), Disorder)
            end
    end.

big(#task{actors = Actors}) when Actors > ?BIG_MOST ->
    throw({failed, io_lib:format("big: with more than ~b processes, of which each has a copy of all addresses, memory is too small",
                                 [?BIG_MOST])});
big(#task{actors = Actors} = Task) ->
    Me = self(),
    Each = peer_task:each(Task),
    Latch = peer_latch:latch(Actors),
    Pingers = [spawn(fun() ->
        peer_latch:here(Me),
        ping(peer_latch:heard(start), rand:mwc59_seed(Number), Each, {Latch, Number}, 0, 0)
    end) || Number <- lists:seq(0, Actors - 1)],
    All = list_to_tuple(Pingers),
    peer_latch:all_here(Actors),
    Began = ?NOW,
    [Pid ! {start, All} || Pid <- Pingers],
    Ended = peer_latch:heard(ended),
    {Pongs, Pings} = lists:unzip(peer_latch:told(Pingers)),
    #iteration{began = Began, ended = Ended, counts = Pongs ++ [lists:sum(Pings)]}.

%% Pings any of them: drawn as the documentation of rand says is cheapest.
ping(All, Random, Each, Latch, Pongs, Pings) ->
    Next = rand:mwc59(Random),
    Place = (rand:mwc59_value32(Next) * tuple_size(All)) bsr 32,
    element(Place + 1, All) ! self(),
    pinged(All, Next, Each, Latch, Pongs, Pings).

%% Who pings sends its address, and gets a pong.
pinged(All, Random, Each, Latch, Pongs, Pings) ->
    receive
        From when is_pid(From) ->
            From ! pong,
            pinged(All, Random, Each, Latch, Pongs, Pings + 1);
        pong when Pongs + 1 =:= Each ->
            {Counting, Number} = Latch,
            peer_latch:count_down(Counting, Number),
            pinged(All, Random, Each, Latch, Pongs + 1, Pings);
        pong -> ping(All, Random, Each, Latch, Pongs + 1, Pings);
        {tell, Whom} -> Whom ! {self(), {Pongs, Pings}}
    end.
